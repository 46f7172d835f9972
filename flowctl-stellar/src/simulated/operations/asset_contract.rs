use stellar_xdr::{AccountId, Asset, ScAddress, ScVal, TrustLineFlags};

use super::{
    Application, Planner,
    contract_call::{account, approve, as_address, as_amount, destination, vault, without_mux},
};
use crate::simulated::{
    emitter::{data, number},
    state::{Refusal, has, is_issuer, issuer, line_asset, shift_account},
};

/// Who calls, which function, with what.
type Call = (AccountId, &'static str, Vec<ScVal>);

/// Above what a classic balance can be, so that only contracts can hold it.
const HUGE: i128 = 1 << 66;

pub(super) fn plan(planner: &mut Planner<'_>, asset: &Asset) -> Option<Call> {
    let holder = planner.holder()?;
    let amount = planner.random.between(1, 1_000_000);
    let small = number(i128::from(amount));
    let from_holder = account(holder.clone());
    let (Some(issuer), kind) = (issuer(asset).cloned(), planner.random.below(20)) else {
        let to = ScVal::Address(destination(planner)?);
        return Some((holder, "transfer", vec![from_holder, to, small]));
    };
    let contract = planner.cast.contract_of(asset);
    let vault = vault(planner)?;
    let from_vault = ScVal::Address(vault.clone());
    let held = match &vault {
        ScAddress::Contract(vault) => planner.state.contract_balance(&contract, vault),
        _ => 0,
    };
    let part = number(if planner.random.chance(10) {
        held + 1
    } else {
        held / 3
    });
    Some(match kind {
        0..6 => {
            let to = ScVal::Address(destination(planner)?);
            (holder, "transfer", vec![from_holder, to, small])
        }
        6 | 7 => {
            let other = super::contract_call::vault(planner)?;
            let amount = if held < HUGE { small } else { part };
            (
                holder,
                "transfer",
                vec![from_vault, ScVal::Address(other), amount],
            )
        }
        8 => {
            let to = ScVal::Address(destination(planner)?);
            (holder, "transfer", vec![from_vault, to, small])
        }
        9 => {
            let to = ScVal::Address(destination(planner)?);
            (issuer.clone(), "transfer", vec![account(issuer), to, small])
        }
        10 => (
            holder,
            "transfer",
            vec![from_holder, account(issuer), small],
        ),
        11 | 12 => {
            let (to, _) = without_mux(&destination(planner)?);
            (issuer, "mint", vec![ScVal::Address(to), small])
        }
        13 if held < 4 * HUGE => (issuer, "mint", vec![from_vault, number(2 * HUGE)]),
        14 => (holder, "burn", vec![from_holder, small]),
        15 => (holder, "burn", vec![from_vault, part]),
        16 => (issuer, "clawback", vec![from_holder, small]),
        17 => (issuer, "clawback", vec![from_vault, part]),
        _ => (holder, "approve", vec![from_holder, from_vault]),
    })
}

/// The Stellar Asset Contract; `None` if it traps.
pub(super) fn invoke(
    application: &mut Application<'_>,
    asset: &Asset,
    name: &str,
    arguments: &[ScVal],
) -> Option<()> {
    let admin = issuer(asset).cloned();
    let is_admin = admin.as_ref() == Some(&application.source());
    match (name, arguments) {
        ("transfer", [from, to, amount]) => transfer(
            application,
            asset,
            as_address(from)?,
            as_address(to)?,
            as_amount(amount)?,
        ),
        ("mint", [to, amount]) if is_admin => {
            let (to, amount) = (as_address(to)?, as_amount(amount)?);
            shift(application, asset, to, amount).ok()?;
            admin_event(application, "mint", asset, admin?, to, amount);
            Some(())
        }
        ("burn", [from, amount]) => {
            let (from, amount) = (as_address(from)?, as_amount(amount)?);
            shift(application, asset, from, -amount).ok()?;
            let addresses = vec![from.clone()];
            application
                .emitter
                .asset_event("burn", asset, addresses, data(amount, None));
            Some(())
        }
        ("clawback", [from, amount]) if is_admin => {
            let (from, amount) = (as_address(from)?, as_amount(amount)?);
            claw_back(application, asset, from, amount)?;
            admin_event(application, "clawback", asset, admin?, from, amount);
            Some(())
        }
        ("approve", [from, spender]) => {
            let contract = application.emitter.contract_of(asset);
            let (from, spender) = (as_address(from)?, as_address(spender)?);
            approve(application, contract, from, spender, Some(asset));
            Some(())
        }
        _ => None,
    }
}

fn transfer(
    application: &mut Application<'_>,
    asset: &Asset,
    from: &ScAddress,
    to: &ScAddress,
    amount: i128,
) -> Option<()> {
    let (to, note) = without_mux(to);
    shift(application, asset, from, -amount).ok()?;
    shift(application, asset, &to, amount).ok()?;
    let issues = |address: &ScAddress| match address {
        ScAddress::Account(account) => is_issuer(account, asset),
        _ => false,
    };
    let from = from.clone();
    let emitter = &mut *application.emitter;
    match (emitter.is_modern(), issues(&from), issues(&to)) {
        (true, true, false) => emitter.asset_event("mint", asset, vec![to], data(amount, note)),
        (true, false, true) => emitter.asset_event("burn", asset, vec![from], data(amount, None)),
        _ => emitter.asset_event("transfer", asset, vec![from, to], data(amount, note)),
    }
    Some(())
}

/// The events that named the administrator until CAP-67.
fn admin_event(
    application: &mut Application<'_>,
    name: &str,
    asset: &Asset,
    admin: AccountId,
    holder: &ScAddress,
    amount: i128,
) {
    let mut addresses = vec![holder.clone()];
    if !application.emitter.is_modern() {
        addresses.insert(0, ScAddress::Account(admin));
    }
    application
        .emitter
        .asset_event(name, asset, addresses, data(amount, None));
}

fn shift(
    application: &mut Application<'_>,
    asset: &Asset,
    holder: &ScAddress,
    change: i128,
) -> Result<(), Refusal> {
    match holder {
        ScAddress::Account(account) => shift_account(application.state, account, asset, change),
        ScAddress::Contract(holder) => {
            let contract = application.emitter.contract_of(asset);
            let regulated = issuer(asset) == Some(&application.cast.regulator);
            let state = &mut *application.state;
            state.shift_contract_balance(&contract, holder, change, regulated)
        }
        _ => Err(Refusal::NoAccount),
    }
}

/// Only of holders whose tokens can be clawed back; those need not be authorised.
fn claw_back(
    application: &mut Application<'_>,
    asset: &Asset,
    from: &ScAddress,
    amount: i128,
) -> Option<()> {
    if issuer(asset) != Some(&application.cast.regulator) {
        return None;
    }
    let ScAddress::Account(account) = from else {
        return shift(application, asset, from, -amount).ok();
    };
    let line = application.state.trust_line(account, &line_asset(asset)?)?;
    let amount = i64::try_from(amount).ok()?;
    if !has(line, TrustLineFlags::TrustlineClawbackEnabledFlag) || line.balance < amount {
        return None;
    }
    application.state.shift(account, asset, -amount);
    Some(())
}
