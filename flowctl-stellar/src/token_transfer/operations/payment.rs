use stellar_xdr::{
    OperationResultTr, PathPaymentStrictReceiveOp, PathPaymentStrictReceiveResult,
    PathPaymentStrictSendOp, PathPaymentStrictSendResult, PaymentOp,
};

use super::{
    super::{OperationError, emitter::Emitter},
    OperationInput, trade,
};
use crate::{Address, Asset};

/// A payment, also of an account to itself.
pub(super) fn payment(
    input: &OperationInput<'_>,
    operation: &PaymentOp,
    emitter: &mut Emitter<'_>,
) {
    let (asset, to) = (
        Asset::from(&operation.asset),
        Address::from(&operation.destination),
    );
    emitter.movement(asset, input.source(), to, operation.amount, input.note());
}

/// The trades along the path, then what the destination gets: what the result says arrived.
pub(super) fn strict_send(
    input: &OperationInput<'_>,
    operation: &PathPaymentStrictSendOp,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let OperationResultTr::PathPaymentStrictSend(PathPaymentStrictSendResult::Success(success)) =
        input.inner_result()?
    else {
        return Err(OperationError::Result);
    };
    trade::trades(input, &success.offers, emitter);
    let (asset, to) = (
        Asset::from(&operation.dest_asset),
        Address::from(&operation.destination),
    );
    emitter.movement(asset, input.source(), to, success.last.amount, input.note());
    Ok(())
}

/// The trades along the path, then what the destination gets: what the operation asked for.
pub(super) fn strict_receive(
    input: &OperationInput<'_>,
    operation: &PathPaymentStrictReceiveOp,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let OperationResultTr::PathPaymentStrictReceive(PathPaymentStrictReceiveResult::Success(
        success,
    )) = input.inner_result()?
    else {
        return Err(OperationError::Result);
    };
    trade::trades(input, &success.offers, emitter);
    let (asset, to) = (
        Asset::from(&operation.dest_asset),
        Address::from(&operation.destination),
    );
    emitter.movement(
        asset,
        input.source(),
        to,
        operation.dest_amount,
        input.note(),
    );
    Ok(())
}
