use stellar_xdr::{
    ClaimClaimableBalanceOp, ClaimableBalanceEntry, ClawbackClaimableBalanceOp,
    CreateClaimableBalanceOp, CreateClaimableBalanceResult, LedgerEntryData, OperationResultTr,
};

use super::{
    super::{
        EventKind, OperationError,
        emitter::{Emitter, Note},
    },
    OperationInput,
};
use crate::{Address, Asset};

/// Tokens move into a new claimable balance, whose id the result states.
pub(super) fn create(
    input: &OperationInput<'_>,
    operation: &CreateClaimableBalanceOp,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let OperationResultTr::CreateClaimableBalance(CreateClaimableBalanceResult::Success(id)) =
        input.inner_result()?
    else {
        return Err(OperationError::Result);
    };
    let (asset, to) = (Asset::from(&operation.asset), Address::from(id));
    emitter.movement(asset, input.source(), to, operation.amount, Note::None);
    Ok(())
}

/// Tokens move out of a claimable balance to who claims it.
pub(super) fn claim(
    input: &OperationInput<'_>,
    operation: &ClaimClaimableBalanceOp,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let removed = removed(input)?;
    let (asset, from) = (
        Asset::from(&removed.asset),
        Address::from(&operation.balance_id),
    );
    emitter.movement(asset, from, input.source(), removed.amount, input.note());
    Ok(())
}

/// The issuer takes back what a claimable balance holds.
pub(super) fn claw_back(
    input: &OperationInput<'_>,
    operation: &ClawbackClaimableBalanceOp,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let removed = removed(input)?;
    let (asset, from) = (
        Some(Asset::from(&removed.asset)),
        Address::from(&operation.balance_id),
    );
    emitter.classic(
        EventKind::Clawback {
            from,
            asset,
            amount: removed.amount.into(),
        },
        None,
    );
    Ok(())
}

/// The one claimable balance that the operation removed. Only its entry says asset and amount.
fn removed<'a>(input: &OperationInput<'a>) -> Result<&'a ClaimableBalanceEntry, OperationError> {
    let (mut last, mut found) = (None, 0);
    for change in input.changes() {
        let change = change?;
        if let (Some(before), None) = (change.before, change.after)
            && let LedgerEntryData::ClaimableBalance(entry) = &before.data
        {
            (last, found) = (Some(entry), found + 1);
        }
    }
    match (last, found) {
        (Some(entry), 1) => Ok(entry),
        _ => Err(OperationError::ClaimableBalances { found }),
    }
}
