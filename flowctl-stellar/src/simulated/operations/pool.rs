use stellar_xdr::{
    AccountId, Asset, ChangeTrustAsset, ChangeTrustOp, LiquidityPoolDepositOp,
    LiquidityPoolDepositResult, LiquidityPoolParameters, LiquidityPoolWithdrawOp,
    LiquidityPoolWithdrawResult, OperationBody, OperationResultTr, Price, ScAddress,
    TrustLineAsset,
};

use super::{Application, Planner, Step};
use crate::simulated::state::{Pool, Refusal, pool_id, pool_parameters};

/// Joins a pool, puts tokens in, or takes some, all, or all but one share out.
pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let (one, other) = pair(planner)?;
    let is_bank = planner.random.chance(25);
    let source = if is_bank {
        planner.cast.bank.clone()
    } else {
        planner.holder()?
    };
    let id = pool_id(&one, &other);
    let shares = TrustLineAsset::PoolShare(id.clone());
    let Some(line) = planner.state.trust_line(&source, &shares) else {
        let parameters = pool_parameters(&one, &other);
        let parameters = LiquidityPoolParameters::LiquidityPoolConstantProduct(parameters);
        let body = OperationBody::ChangeTrust(ChangeTrustOp {
            line: ChangeTrustAsset::PoolShare(parameters),
            limit: i64::MAX,
        });
        return Step::alone(source, body);
    };
    let shares = line.balance;
    let is_new = shares == 0;
    if is_new || planner.random.chance(50) {
        return plan_deposit(planner, source, &one, &other, is_bank);
    }
    let amount = match planner.random.below(10) {
        // The bank leaves nothing: see `authorization`.
        _ if is_bank => shares,
        0 | 1 => shares,
        // One share is worth nothing of the scarcer asset: rounding leaves it to the others.
        2 | 3 => shares.saturating_sub(1).max(1),
        4 => 1,
        _ => planner.random.between(1, shares),
    };
    let body = OperationBody::LiquidityPoolWithdraw(LiquidityPoolWithdrawOp {
        liquidity_pool_id: id,
        amount,
        min_amount_a: 0,
        min_amount_b: 0,
    });
    Step::alone(source, body)
}

/// Two assets; often a free and a regulated one, so that revocations find the bank in pools of its own.
fn pair(planner: &mut Planner<'_>) -> Option<(Asset, Asset)> {
    if planner.random.chance(50) {
        let cast = planner.cast;
        let free = planner.random.pick(&cast.free_assets)?.clone();
        let regulated = planner.random.pick(&cast.regulated_assets)?.clone();
        return Some((free, regulated));
    }
    let (one, other) = (planner.asset(), planner.asset());
    (one != other).then_some((one, other))
}

fn plan_deposit(
    planner: &mut Planner<'_>,
    source: AccountId,
    one: &Asset,
    other: &Asset,
    is_bank: bool,
) -> Option<Vec<Step>> {
    let least = if is_bank { 10_000 } else { 2 };
    let mut amount = || planner.random.between(least, 10_000_000);
    let (max_amount_a, max_amount_b) = (amount(), amount());
    let body = OperationBody::LiquidityPoolDeposit(LiquidityPoolDepositOp {
        liquidity_pool_id: pool_id(one, other),
        max_amount_a,
        max_amount_b,
        min_price: Price { n: 1, d: i32::MAX },
        max_price: Price { n: i32::MAX, d: 1 },
    });
    Step::alone(source, body)
}

pub(super) fn deposit(
    application: &mut Application<'_>,
    operation: &LiquidityPoolDepositOp,
) -> OperationResultTr {
    OperationResultTr::LiquidityPoolDeposit(match deposited(application, operation) {
        Ok(()) => LiquidityPoolDepositResult::Success,
        Err(error) => error,
    })
}

/// # Source
///
/// CAP-38: the first deposit gives the square root of the product as shares; later ones as many as both
/// amounts allow, for which the amounts are rounded up.
fn deposited(
    application: &mut Application<'_>,
    operation: &LiquidityPoolDepositOp,
) -> Result<(), LiquidityPoolDepositResult> {
    let source = application.source();
    let id = &operation.liquidity_pool_id;
    let share_asset = TrustLineAsset::PoolShare(id.clone());
    let (Some(mut pool), Some(_)) = (
        application.state.pool(id).cloned(),
        application.state.trust_line(&source, &share_asset),
    ) else {
        return Err(LiquidityPoolDepositResult::NoTrust);
    };
    let assets = [pool.params.asset_a.clone(), pool.params.asset_b.clone()];
    let most = [operation.max_amount_a, operation.max_amount_b];
    let (shares, amounts) = if pool.total_pool_shares == 0 {
        let product = u128::from(most[0].unsigned_abs()) * u128::from(most[1].unsigned_abs());
        (i64::try_from(product.isqrt()).unwrap_or(i64::MAX), most)
    } else {
        let total = pool.total_pool_shares;
        let reserves = [pool.reserve_a, pool.reserve_b];
        let for_a = scaled(total, most[0], reserves[0]);
        let for_b = scaled(total, most[1], reserves[1]);
        let shares = for_a.min(for_b);
        (
            shares,
            reserves.map(|reserve| scaled_up(shares, reserve, total)),
        )
    };
    if shares <= 0 || amounts.contains(&0) {
        return Err(LiquidityPoolDepositResult::Underfunded);
    }
    for (asset, amount) in assets.iter().zip(amounts) {
        match application.state.take(&source, asset, amount) {
            Ok(()) => {}
            Err(Refusal::NoTrustLine) => return Err(LiquidityPoolDepositResult::NoTrust),
            Err(Refusal::NotAuthorized) => return Err(LiquidityPoolDepositResult::NotAuthorized),
            Err(_) => return Err(LiquidityPoolDepositResult::Underfunded),
        }
    }
    pool.reserve_a += amounts[0];
    pool.reserve_b += amounts[1];
    pool.total_pool_shares += shares;
    application.state.put_pool(id.clone(), pool);
    let state = &mut *application.state;
    state.change_trust_line(&source, &share_asset, |line| line.balance += shares);
    let to = ScAddress::LiquidityPool(id.clone());
    for (asset, amount) in assets.iter().zip(amounts) {
        let from = ScAddress::Account(source.clone());
        application
            .emitter
            .movement(asset, from, to.clone(), amount, None);
    }
    Ok(())
}

pub(super) fn withdraw(
    application: &mut Application<'_>,
    operation: &LiquidityPoolWithdrawOp,
) -> OperationResultTr {
    OperationResultTr::LiquidityPoolWithdraw(match withdrawn(application, operation) {
        Ok(()) => LiquidityPoolWithdrawResult::Success,
        Err(error) => error,
    })
}

fn withdrawn(
    application: &mut Application<'_>,
    operation: &LiquidityPoolWithdrawOp,
) -> Result<(), LiquidityPoolWithdrawResult> {
    let source = application.source();
    let id = &operation.liquidity_pool_id;
    let share_asset = TrustLineAsset::PoolShare(id.clone());
    let (Some(mut pool), Some(line)) = (
        application.state.pool(id).cloned(),
        application.state.trust_line(&source, &share_asset),
    ) else {
        return Err(LiquidityPoolWithdrawResult::NoTrust);
    };
    if line.balance < operation.amount {
        return Err(LiquidityPoolWithdrawResult::Underfunded);
    }
    let amounts = redeemed(&pool, operation.amount);
    if amounts[0] < operation.min_amount_a || amounts[1] < operation.min_amount_b {
        return Err(LiquidityPoolWithdrawResult::UnderMinimum);
    }
    let assets = [pool.params.asset_a.clone(), pool.params.asset_b.clone()];
    for (asset, amount) in assets.iter().zip(amounts) {
        match application.state.give(&source, asset, amount) {
            Ok(()) => {}
            Err(Refusal::NoTrustLine | Refusal::NotAuthorized) => {
                return Err(LiquidityPoolWithdrawResult::NoTrust);
            }
            Err(_) => return Err(LiquidityPoolWithdrawResult::LineFull),
        }
    }
    pool.reserve_a -= amounts[0];
    pool.reserve_b -= amounts[1];
    pool.total_pool_shares -= operation.amount;
    application.state.put_pool(id.clone(), pool);
    let state = &mut *application.state;
    state.change_trust_line(&source, &share_asset, |line| {
        line.balance -= operation.amount
    });
    let from = ScAddress::LiquidityPool(id.clone());
    for (asset, amount) in assets.iter().zip(amounts) {
        let (to, note) = (
            ScAddress::Account(source.clone()),
            application.note(&application.source),
        );
        application
            .emitter
            .movement(asset, from.clone(), to, amount, note);
    }
    Ok(())
}

/// What shares are worth in both assets, rounded down.
pub(super) fn redeemed(pool: &Pool, shares: i64) -> [i64; 2] {
    let total = pool.total_pool_shares;
    [pool.reserve_a, pool.reserve_b].map(|reserve| scaled(shares, reserve, total))
}

/// `one · other / divisor`, rounded down; 0 for a divisor of 0.
fn scaled(one: i64, other: i64, divisor: i64) -> i64 {
    let product = i128::from(one) * i128::from(other);
    let quotient = product.checked_div(i128::from(divisor)).unwrap_or(0);
    i64::try_from(quotient).unwrap_or(i64::MAX)
}

/// The same, rounded up.
fn scaled_up(one: i64, other: i64, divisor: i64) -> i64 {
    let product = i128::from(one) * i128::from(other) + i128::from(divisor) - 1;
    let quotient = product.checked_div(i128::from(divisor)).unwrap_or(0);
    i64::try_from(quotient).unwrap_or(i64::MAX)
}
