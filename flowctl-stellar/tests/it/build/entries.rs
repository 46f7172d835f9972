//! Ledger entries and their changes.

use stellar_xdr::*;

use super::account_id;

pub(crate) fn entry(data: LedgerEntryData) -> LedgerEntry {
    LedgerEntry {
        last_modified_ledger_seq: 1,
        data,
        ext: LedgerEntryExt::V0,
    }
}

/// An account whose balance goes from `before` to `after`.
pub(crate) fn balance(key: u8, before: i64, after: i64) -> [LedgerEntryChange; 2] {
    let with = |balance| {
        let account = AccountEntry {
            account_id: account_id(key),
            balance,
            ..Default::default()
        };
        entry(LedgerEntryData::Account(account))
    };
    [
        LedgerEntryChange::State(with(before)),
        LedgerEntryChange::Updated(with(after)),
    ]
}

pub(crate) fn balance_id(id: u8) -> ClaimableBalanceId {
    ClaimableBalanceId::ClaimableBalanceIdTypeV0(Hash([id; 32]))
}

pub(crate) fn claimable(balance_id: ClaimableBalanceId, asset: Asset, amount: i64) -> LedgerEntry {
    entry(LedgerEntryData::ClaimableBalance(ClaimableBalanceEntry {
        balance_id,
        claimants: VecM::default(),
        asset,
        amount,
        ext: ClaimableBalanceEntryExt::V0,
    }))
}

/// A claimable balance that is removed.
pub(crate) fn removed_balance(id: u8, asset: Asset, amount: i64) -> [LedgerEntryChange; 2] {
    let entry = claimable(balance_id(id), asset, amount);
    let key = entry.to_key();
    [
        LedgerEntryChange::State(entry),
        LedgerEntryChange::Removed(key),
    ]
}

pub(crate) fn pool(id: u8, assets: [Asset; 2], reserves: [i64; 2]) -> LedgerEntry {
    let [asset_a, asset_b] = assets;
    let [reserve_a, reserve_b] = reserves;
    entry(LedgerEntryData::LiquidityPool(LiquidityPoolEntry {
        liquidity_pool_id: PoolId(Hash([id; 32])),
        body: LiquidityPoolEntryBody::LiquidityPoolConstantProduct(
            LiquidityPoolEntryConstantProduct {
                params: LiquidityPoolConstantProductParameters {
                    asset_a,
                    asset_b,
                    fee: 30,
                },
                reserve_a,
                reserve_b,
                total_pool_shares: 1,
                pool_shares_trust_line_count: 1,
            },
        ),
    }))
}

/// A pool whose reserves go from `before` to `after`.
pub(crate) fn pool_change(
    id: u8,
    assets: [Asset; 2],
    before: [i64; 2],
    after: [i64; 2],
) -> [LedgerEntryChange; 2] {
    [
        LedgerEntryChange::State(pool(id, assets.clone(), before)),
        LedgerEntryChange::Updated(pool(id, assets, after)),
    ]
}
