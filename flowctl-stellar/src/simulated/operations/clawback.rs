use stellar_xdr::{
    ClawbackOp, ClawbackResult, OperationBody, OperationResultTr, ScAddress, TrustLineFlags,
};

use super::{Application, Planner, Step};
use crate::simulated::{
    state::{has, is_issuer, line_asset},
    transaction::account_of,
};

pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let assets = planner.cast.regulated_assets.clone();
    let asset = planner.random.pick(&assets)?.clone();
    let holder = planner.holder()?;
    let amount = planner.random.between(1, 1_000_000);
    let from = planner.muxed(&holder);
    let body = OperationBody::Clawback(ClawbackOp {
        asset,
        from,
        amount,
    });
    Step::alone(planner.cast.regulator.clone(), body)
}

/// Takes tokens, also those of a holder who is not authorised.
pub(super) fn claw_back(
    application: &mut Application<'_>,
    operation: &ClawbackOp,
) -> OperationResultTr {
    OperationResultTr::Clawback(clawed_back(application, operation))
}

fn clawed_back(application: &mut Application<'_>, operation: &ClawbackOp) -> ClawbackResult {
    let ClawbackOp {
        asset,
        from,
        amount,
    } = operation;
    let holder = account_of(from);
    let (true, Some(line_asset)) = (is_issuer(&application.source(), asset), line_asset(asset))
    else {
        return ClawbackResult::Malformed;
    };
    let Some(line) = application.state.trust_line(&holder, &line_asset) else {
        return ClawbackResult::NoTrust;
    };
    if !has(line, TrustLineFlags::TrustlineClawbackEnabledFlag) {
        return ClawbackResult::NotClawbackEnabled;
    }
    if line.balance < *amount {
        return ClawbackResult::Underfunded;
    }
    application.state.shift(&holder, asset, -amount);
    let holder = ScAddress::Account(holder);
    application
        .emitter
        .classic_event("clawback", asset, holder, *amount);
    ClawbackResult::Success
}
