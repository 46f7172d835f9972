use stellar_xdr::{InflationResult, OperationResultTr};

use super::{
    super::{EventKind, OperationError, emitter::Emitter},
    OperationInput,
};
use crate::{Address, Asset};

/// New lumens for the winners of the vote. Protocol 12 ended it.
pub(super) fn pay_out(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let OperationResultTr::Inflation(InflationResult::Success(payouts)) = input.inner_result()?
    else {
        return Err(OperationError::Result);
    };
    for payout in payouts.iter() {
        let to = Address::from(&payout.destination);
        let amount = payout.amount.into();
        emitter.classic(
            EventKind::Mint {
                to,
                asset: Some(Asset::Native),
                amount,
            },
            None,
        );
    }
    Ok(())
}
