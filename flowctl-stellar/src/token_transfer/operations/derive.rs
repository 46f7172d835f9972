use stellar_xdr::{OperationBody, OperationResultTr};

use super::{
    super::{
        OperationError,
        contract_event::{self, Layout, Rejections},
        emitter::Emitter,
    },
    OperationInput, account, claimable_balance, inflation, payment, pool, reconcile, revocation,
    trade,
};

/// Appends the events of one operation of a successful transaction.
pub(in crate::token_transfer) fn derive(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
    rejected: &mut Rejections,
) -> Result<(), OperationError> {
    if !is_result_of(input.inner_result()?, &input.operation.body) {
        return Err(OperationError::Result);
    }
    let first = emitter.events.len();
    match &input.operation.body {
        OperationBody::CreateAccount(operation) => account::create(input, operation, emitter),
        OperationBody::AccountMerge(destination) => account::merge(input, destination, emitter)?,
        OperationBody::Payment(operation) => payment::payment(input, operation, emitter),
        OperationBody::PathPaymentStrictSend(operation) => {
            payment::strict_send(input, operation, emitter)?;
        }
        OperationBody::PathPaymentStrictReceive(operation) => {
            payment::strict_receive(input, operation, emitter)?;
        }
        OperationBody::ManageSellOffer(_)
        | OperationBody::ManageBuyOffer(_)
        | OperationBody::CreatePassiveSellOffer(_) => trade::offer(input, emitter)?,
        OperationBody::CreateClaimableBalance(operation) => {
            claimable_balance::create(input, operation, emitter)?;
        }
        OperationBody::ClaimClaimableBalance(operation) => {
            claimable_balance::claim(input, operation, emitter)?;
        }
        OperationBody::ClawbackClaimableBalance(operation) => {
            claimable_balance::claw_back(input, operation, emitter)?;
        }
        OperationBody::Clawback(operation) => account::claw_back(operation, emitter),
        OperationBody::LiquidityPoolDeposit(_) => pool::deposit(input, emitter)?,
        OperationBody::LiquidityPoolWithdraw(_) => pool::withdraw(input, emitter)?,
        OperationBody::AllowTrust(_) | OperationBody::SetTrustLineFlags(_) => {
            revocation::revoke(input, emitter)?;
        }
        OperationBody::Inflation => inflation::pay_out(input, emitter)?,
        OperationBody::InvokeHostFunction(_) => {
            if let Some(layout) = Layout::of_meta(input.transaction.meta.version) {
                for event in input.transaction.meta.operation_events(input.index) {
                    contract_event::emit(event, layout, emitter, rejected);
                }
            }
        }
        OperationBody::SetOptions(_)
        | OperationBody::ChangeTrust(_)
        | OperationBody::ManageData(_)
        | OperationBody::BumpSequence(_)
        | OperationBody::BeginSponsoringFutureReserves(_)
        | OperationBody::EndSponsoringFutureReserves
        | OperationBody::RevokeSponsorship(_)
        | OperationBody::ExtendFootprintTtl(_)
        | OperationBody::RestoreFootprint(_) => return Ok(()),
    }
    if input.transaction.protocol < reconcile::FIRST_EXACT_PROTOCOL {
        reconcile::reconcile(input, emitter, first)?;
    }
    Ok(())
}

/// Whether the result is one of such an operation. Core writes that of a passive offer as that of a
/// plain one.
fn is_result_of(result: &OperationResultTr, body: &OperationBody) -> bool {
    match (result, body) {
        (OperationResultTr::ManageSellOffer(_), OperationBody::CreatePassiveSellOffer(_)) => true,
        _ => result.discriminant() == body.discriminant(),
    }
}
