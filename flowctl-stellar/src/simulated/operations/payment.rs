use stellar_xdr::{Asset, OperationBody, OperationResultTr, PaymentOp, PaymentResult};

use super::{Application, Planner, Step};
use crate::simulated::{
    state::{Refusal, issuer},
    transaction::account_of,
};

/// A payment: mostly between holders, from and to an issuer sometimes, to itself or of too much rarely.
pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let asset = planner.asset();
    let issuer = issuer(&asset).cloned();
    let holder = planner.holder()?;
    let other = planner.another_holder(&holder)?;
    let (source, destination) = match (planner.random.below(20), issuer) {
        (0 | 1, Some(issuer)) => (issuer, holder),
        (2 | 3, Some(issuer)) => (holder, issuer),
        (4, Some(issuer)) if planner.random.chance(25) => (issuer.clone(), issuer),
        (5, _) => (holder.clone(), holder),
        _ => (holder, other),
    };
    let amount = if planner.random.chance(4) {
        i64::MAX / 2
    } else {
        planner.amount(&source, &asset)
    };
    let destination = planner.muxed(&destination);
    let body = OperationBody::Payment(PaymentOp {
        destination,
        asset,
        amount,
    });
    Step::alone(source, body)
}

pub(super) fn pay(application: &mut Application<'_>, operation: &PaymentOp) -> OperationResultTr {
    OperationResultTr::Payment(paid(application, operation))
}

fn paid(application: &mut Application<'_>, operation: &PaymentOp) -> PaymentResult {
    let PaymentOp {
        destination,
        asset,
        amount,
    } = operation;
    let (source, receiver) = (application.source(), account_of(destination));
    if application.state.account(&receiver).is_none() {
        return PaymentResult::NoDestination;
    }
    // Lumens to oneself move nothing and are not looked at (core `PathPaymentStrictReceive`).
    if !(source == receiver && *asset == Asset::Native) {
        if let Err(refusal) = application.state.give(&receiver, asset, *amount) {
            return not_given(refusal);
        }
        if let Err(refusal) = application.state.take(&source, asset, *amount) {
            return not_taken(refusal);
        }
    }
    application.tell_payment(asset, destination, *amount);
    PaymentResult::Success
}

const fn not_given(refusal: Refusal) -> PaymentResult {
    match refusal {
        Refusal::NoAccount => PaymentResult::NoDestination,
        Refusal::NoTrustLine => PaymentResult::NoTrust,
        Refusal::NotAuthorized => PaymentResult::NotAuthorized,
        Refusal::TooFew | Refusal::NoRoom => PaymentResult::LineFull,
    }
}

const fn not_taken(refusal: Refusal) -> PaymentResult {
    match refusal {
        Refusal::NoTrustLine => PaymentResult::SrcNoTrust,
        Refusal::NotAuthorized => PaymentResult::SrcNotAuthorized,
        Refusal::NoAccount | Refusal::TooFew | Refusal::NoRoom => PaymentResult::Underfunded,
    }
}
