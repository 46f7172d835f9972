use stellar_xdr::{ContractId, ScString, ScVal};

use super::{
    Application, Planner,
    contract_call::{account, approve, as_address, destination, told, vault, without_mux},
};
use crate::simulated::{
    emitter::{map, number},
    encoding::text,
};

pub(super) fn plan(planner: &mut Planner<'_>) -> Option<(&'static str, Vec<ScVal>)> {
    let from = account(planner.holder()?);
    let (to, _) = without_mux(&destination(planner)?);
    let to = ScVal::Address(to);
    let amount = match planner.random.below(4) {
        0 => i128::MAX - i128::from(planner.random.below(1_000)),
        1 => i128::from(planner.random.number()),
        _ => i128::from(planner.random.between(0, 1_000_000)),
    };
    let amount = number(amount);
    let note = told(planner.random.below(6));
    Some(match planner.random.below(10) {
        0..3 => ("transfer", vec![from, to, amount]),
        3 => ("transfer_told", vec![from, to, amount, note]),
        4 => ("mint", vec![from, to, amount]),
        5 => ("burn", vec![from, amount]),
        6 => ("clawback", vec![from, to, amount]),
        7 => ("approve", vec![from, ScVal::Address(vault(planner)?)]),
        8 => ("impostor", vec![from, to, amount]),
        _ => ("malformed", vec![from, to]),
    })
}

/// A token that moves no entries, only tells; with some of what real ones get wrong. `None` if it traps.
pub(super) fn invoke(
    application: &mut Application<'_>,
    contract: &ContractId,
    name: &str,
    arguments: &[ScVal],
) -> Option<()> {
    let contract = contract.clone();
    let modern = application.emitter.is_modern();
    let with_admin = |admin: &ScVal, holder: &ScVal| {
        if modern {
            vec![holder.clone()]
        } else {
            vec![admin.clone(), holder.clone()]
        }
    };
    let emitter = &mut *application.emitter;
    match (name, arguments) {
        ("transfer", [from, to, amount]) => {
            let topics = vec![from.clone(), to.clone()];
            emitter.contract_event(contract, "transfer", topics, amount.clone());
        }
        ("transfer_told", [from, to, amount, note]) => {
            let data = map(vec![
                ("amount", amount.clone()),
                ("to_muxed_id", note.clone()),
            ]);
            emitter.contract_event(contract, "transfer", vec![from.clone(), to.clone()], data);
        }
        ("mint" | "clawback", [admin, holder, amount]) => {
            let topics = with_admin(admin, holder);
            let name = if name == "mint" { "mint" } else { "clawback" };
            emitter.contract_event(contract, name, topics, amount.clone());
        }
        ("burn", [from, amount]) => {
            emitter.contract_event(contract, "burn", vec![from.clone()], amount.clone());
        }
        ("approve", [from, spender]) => {
            let (from, spender) = (as_address(from)?.clone(), as_address(spender)?.clone());
            approve(application, contract, &from, &spender, None);
        }
        ("impostor", [from, to, amount]) => {
            // It claims to be the lumen.
            let topics = vec![
                from.clone(),
                to.clone(),
                ScVal::String(ScString(text(b"native"))),
            ];
            emitter.contract_event(contract, "transfer", topics, amount.clone());
        }
        ("malformed", [from, to]) => {
            let topics = vec![from.clone(), to.clone()];
            emitter.contract_event(contract, "transfer", topics, ScVal::Void);
        }
        _ => return None,
    }
    Some(())
}
