use stellar_xdr::{
    AccountMergeResult, ClawbackOp, CreateAccountOp, MuxedAccount, OperationResultTr,
};

use super::{
    super::{EventKind, OperationError, emitter::Emitter},
    OperationInput,
};
use crate::{Address, Asset};

/// A new account: its starting balance moves there, even one of 0.
pub(super) fn create(
    input: &OperationInput<'_>,
    operation: &CreateAccountOp,
    emitter: &mut Emitter<'_>,
) {
    let to = Address::from(&operation.destination);
    let amount = operation.starting_balance;
    emitter.movement(Asset::Native, input.source(), to, amount, input.note());
}

/// A merged account: all it had moves to the destination.
pub(super) fn merge(
    input: &OperationInput<'_>,
    destination: &MuxedAccount,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let OperationResultTr::AccountMerge(result) = input.inner_result()? else {
        return Err(OperationError::Result);
    };
    // As in the Go processor, a result without a balance is no error here.
    if let AccountMergeResult::Success(balance) = result {
        let to = Address::from(destination);
        emitter.movement(Asset::Native, input.source(), to, *balance, input.note());
    }
    Ok(())
}

/// The issuer takes back what an account holds. The issuer rule does not apply.
pub(super) fn claw_back(operation: &ClawbackOp, emitter: &mut Emitter<'_>) {
    let from = Address::from(&operation.from).without_mux();
    let asset = Some(Asset::from(&operation.asset));
    let kind = EventKind::Clawback {
        from,
        asset,
        amount: operation.amount.into(),
    };
    emitter.classic(kind, None);
}
