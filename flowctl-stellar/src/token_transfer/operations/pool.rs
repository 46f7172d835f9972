use stellar_xdr::{LedgerEntry, LedgerEntryData, LiquidityPoolEntryBody, PoolId};

use super::{
    super::{
        OperationError,
        emitter::{Emitter, Note},
    },
    OperationInput,
};
use crate::{Address, Asset};

/// By how much an operation changed the reserves of a liquidity pool, up or down.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolChange<'a> {
    pub(super) id: &'a PoolId,
    /// The pool's two assets, with their amounts.
    pub(super) reserves: [(Asset, i128); 2],
}

/// Tokens of both assets move into the pool.
pub(super) fn deposit(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let change = single_change(input)?;
    let pool = Address::from(change.id);
    if change.reserves.iter().any(|(_, amount)| *amount == 0) {
        return Err(OperationError::EmptyDeposit { pool });
    }
    for (asset, amount) in change.reserves {
        emitter.movement(asset, input.source(), pool, amount, Note::None);
    }
    Ok(())
}

/// Tokens of both assets move out of the pool; rounding can make one of them nothing.
pub(super) fn withdraw(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let change = single_change(input)?;
    let pool = Address::from(change.id);
    for (asset, amount) in change.reserves {
        emitter.movement(asset, pool, input.source(), amount, input.note());
    }
    Ok(())
}

fn single_change<'a>(input: &OperationInput<'a>) -> Result<PoolChange<'a>, OperationError> {
    match changed(input)?.as_slice() {
        [change] => Ok(*change),
        changes => Err(OperationError::LiquidityPools {
            found: changes.len(),
        }),
    }
}

/// The pools that the operation changed, in the order of their ids: the order of their ledger keys,
/// which is the one that the Go SDK gives all changes.
pub(super) fn changed<'a>(
    input: &OperationInput<'a>,
) -> Result<Vec<PoolChange<'a>>, OperationError> {
    let mut changes = Vec::new();
    for change in input.changes() {
        let change = change?;
        let (before, after) = (change.before.and_then(pool), change.after.and_then(pool));
        let Some((id, known)) = after.or(before) else {
            continue;
        };
        let reserves = [0, 1].map(|side| {
            let reserve = |pool: Option<Pool<'_>>| pool.map_or(0, |(_, sides)| sides[side].1);
            (known[side].0, (reserve(after) - reserve(before)).abs())
        });
        changes.push(PoolChange { id, reserves });
    }
    changes.sort_by_key(|change| change.id);
    Ok(changes)
}

type Pool<'a> = (&'a PoolId, [(Asset, i128); 2]);

fn pool(entry: &LedgerEntry) -> Option<Pool<'_>> {
    let LedgerEntryData::LiquidityPool(pool) = &entry.data else {
        return None;
    };
    let LiquidityPoolEntryBody::LiquidityPoolConstantProduct(body) = &pool.body;
    let reserves = [
        (Asset::from(&body.params.asset_a), body.reserve_a.into()),
        (Asset::from(&body.params.asset_b), body.reserve_b.into()),
    ];
    Some((&pool.liquidity_pool_id, reserves))
}
