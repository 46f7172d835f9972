use std::collections::HashMap;

use stellar_xdr::{
    ContractDataEntry, LedgerEntry, LedgerEntryData, LiquidityPoolEntryBody, ScAddress, ScMapEntry,
    ScVal, TrustLineAsset,
};

use super::balances::Balances;
use crate::{Address, Asset, ledger::EntryChange, token_transfer::contract_event::amount};

/// The assets of the Stellar Asset Contracts whose events were seen, by contract id.
pub(super) type AssetContracts = HashMap<[u8; 32], Asset>;

/// Subtracts the change of an entry's balances.
pub(super) fn subtract_change(
    balances: &mut Balances,
    change: &EntryChange<'_>,
    contracts: &AssetContracts,
) {
    if let Some(before) = change.before {
        each_balance(before, contracts, |holder, asset, held| {
            balances.add(&holder, &asset, held)
        });
    }
    if let Some(after) = change.after {
        each_balance(after, contracts, |holder, asset, held| {
            balances.subtract(&holder, &asset, held);
        });
    }
}

/// Whether the change restores a contract's entry from the archive.
pub(super) fn restores_contract_data(change: &EntryChange<'_>) -> bool {
    let is_contract_data =
        |entry: &LedgerEntry| matches!(entry.data, LedgerEntryData::ContractData(_));
    change.restored && change.after.is_some_and(is_contract_data)
}

/// Calls `each` with every balance of a classic asset that the entry holds.
fn each_balance(
    entry: &LedgerEntry,
    contracts: &AssetContracts,
    mut each: impl FnMut(Address, Asset, i128),
) {
    match &entry.data {
        LedgerEntryData::Account(account) => {
            each(
                (&account.account_id).into(),
                Asset::Native,
                account.balance.into(),
            );
        }
        LedgerEntryData::Trustline(line) => {
            let asset = match &line.asset {
                TrustLineAsset::Native => Asset::Native,
                TrustLineAsset::CreditAlphanum4(asset) => asset.into(),
                TrustLineAsset::CreditAlphanum12(asset) => asset.into(),
                TrustLineAsset::PoolShare(_) => return,
            };
            each((&line.account_id).into(), asset, line.balance.into());
        }
        LedgerEntryData::ClaimableBalance(balance) => {
            let holder = (&balance.balance_id).into();
            each(holder, (&balance.asset).into(), balance.amount.into());
        }
        LedgerEntryData::LiquidityPool(pool) => {
            let LiquidityPoolEntryBody::LiquidityPoolConstantProduct(body) = &pool.body;
            let holder = Address::from(&pool.liquidity_pool_id);
            each(holder, (&body.params.asset_a).into(), body.reserve_a.into());
            each(holder, (&body.params.asset_b).into(), body.reserve_b.into());
        }
        LedgerEntryData::ContractData(data) => {
            if let Some((holder, asset, balance)) = contract_balance(data, contracts) {
                each(holder, asset, balance);
            }
        }
        LedgerEntryData::Offer(_)
        | LedgerEntryData::Data(_)
        | LedgerEntryData::ContractCode(_)
        | LedgerEntryData::ConfigSetting(_)
        | LedgerEntryData::Ttl(_) => {}
    }
}

/// What a contract holds of a classic asset: an entry of the asset's contract.
///
/// # Source
///
/// soroban-env-host, built-in Stellar Asset Contract: key `Vec[Symbol("Balance"), Address]`, value a
/// map with `amount`.
fn contract_balance(
    data: &ContractDataEntry,
    contracts: &AssetContracts,
) -> Option<(Address, Asset, i128)> {
    let ScAddress::Contract(contract) = &data.contract else {
        return None;
    };
    let asset = contracts.get(&contract.0.0)?;
    let ScVal::Vec(Some(key)) = &data.key else {
        return None;
    };
    let [ScVal::Symbol(name), ScVal::Address(holder)] = key.0.as_slice() else {
        return None;
    };
    let ScVal::Map(Some(value)) = &data.val else {
        return None;
    };
    if name.0.as_slice() != b"Balance" {
        return None;
    }
    let is_amount = |entry: &&ScMapEntry| matches!(&entry.key, ScVal::Symbol(key) if key.0.as_slice() == b"amount");
    let balance = amount(&value.0.iter().find(is_amount)?.val)?;
    Some((holder.into(), *asset, balance))
}
