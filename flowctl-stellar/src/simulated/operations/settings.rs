use stellar_xdr::{
    AccountFlags, OperationBody, OperationResultTr, SetOptionsOp, SetOptionsResult, String32,
};

use super::{Application, Planner, Step};
use crate::simulated::{encoding::text, state::account_bit};

/// The first protocol with clawback (CAP-35).
const FIRST_PROTOCOL_WITH_CLAWBACK: u32 = 17;

const CLAWBACK: u32 = account_bit(AccountFlags::ClawbackEnabledFlag);

/// The regulator keeps the right to claw back as soon as there is one; others set a home domain.
pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let regulator = planner.cast.regulator.clone();
    let flags = planner.state.account(&regulator)?.flags;
    let exists = planner.state.protocol >= FIRST_PROTOCOL_WITH_CLAWBACK;
    if exists && flags & CLAWBACK == 0 {
        let operation = SetOptionsOp {
            set_flags: Some(CLAWBACK),
            ..nothing()
        };
        return Step::alone(regulator, OperationBody::SetOptions(operation));
    }
    let domain = format!("{}.example.com", planner.random.below(1_000));
    let operation = SetOptionsOp {
        home_domain: Some(String32(text(domain.as_bytes()))),
        ..nothing()
    };
    Step::alone(planner.holder()?, OperationBody::SetOptions(operation))
}

const fn nothing() -> SetOptionsOp {
    SetOptionsOp {
        inflation_dest: None,
        clear_flags: None,
        set_flags: None,
        master_weight: None,
        low_threshold: None,
        med_threshold: None,
        high_threshold: None,
        home_domain: None,
        signer: None,
    }
}

pub(super) fn set(
    application: &mut Application<'_>,
    operation: &SetOptionsOp,
) -> OperationResultTr {
    let source = application.source();
    application.state.change_account(&source, |account| {
        account.flags |= operation.set_flags.unwrap_or(0);
        if let Some(domain) = &operation.home_domain {
            account.home_domain = domain.clone();
        }
    });
    OperationResultTr::SetOptions(SetOptionsResult::Success)
}
