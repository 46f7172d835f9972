use stellar_xdr::{
    AccountId, Asset, ContractDataDurability, ContractDataEntry, ContractId, ExtensionPoint,
    Int128Parts, LedgerEntryData, LedgerKey, LedgerKeyContractData, ScAddress, ScVal, ScVec,
};

use super::{LedgerState, Refusal};
use crate::simulated::{
    emitter::{map, number, symbol},
    encoding::list,
};

impl LedgerState {
    /// How much `holder` has of the asset whose contract is `asset_contract`, in an entry of that
    /// contract.
    pub(in crate::simulated) fn contract_balance(
        &self,
        asset_contract: &ContractId,
        holder: &ContractId,
    ) -> i128 {
        match self.get(&balance_key(asset_contract, holder)) {
            Some(LedgerEntryData::ContractData(entry)) => amount(&entry.val),
            _ => 0,
        }
    }

    /// Changes what a contract has; refused where it would be less than nothing or too much.
    ///
    /// # Source
    ///
    /// CAP-46-6: the key `[Balance, holder]`, the value a map of `amount`, `authorized` and `clawback`.
    pub(in crate::simulated) fn shift_contract_balance(
        &mut self,
        asset_contract: &ContractId,
        holder: &ContractId,
        change: i128,
        can_claw_back: bool,
    ) -> Result<(), Refusal> {
        let before = self.contract_balance(asset_contract, holder);
        let after = before.checked_add(change).ok_or(Refusal::NoRoom)?;
        if after < 0 {
            return Err(Refusal::TooFew);
        }
        self.restore_if_archived(&balance_key(asset_contract, holder));
        self.put(LedgerEntryData::ContractData(ContractDataEntry {
            ext: ExtensionPoint::V0,
            contract: ScAddress::Contract(asset_contract.clone()),
            key: entry_key(holder),
            durability: ContractDataDurability::Persistent,
            val: map(vec![
                ("amount", number(after)),
                ("authorized", ScVal::Bool(true)),
                ("clawback", ScVal::Bool(can_claw_back)),
            ]),
        }));
        Ok(())
    }
}

/// Takes or gives what an account has of a classic asset, on behalf of the asset's contract, whose
/// amounts are wider.
pub(in crate::simulated) fn shift_account(
    state: &mut LedgerState,
    account: &AccountId,
    asset: &Asset,
    change: i128,
) -> Result<(), Refusal> {
    let amount = i64::try_from(change.abs()).map_err(|_| Refusal::NoRoom)?;
    if change < 0 {
        state.take(account, asset, amount)
    } else {
        state.give(account, asset, amount)
    }
}

fn balance_key(asset_contract: &ContractId, holder: &ContractId) -> LedgerKey {
    LedgerKey::ContractData(LedgerKeyContractData {
        contract: ScAddress::Contract(asset_contract.clone()),
        key: entry_key(holder),
        durability: ContractDataDurability::Persistent,
    })
}

fn entry_key(holder: &ContractId) -> ScVal {
    let holder = ScVal::Address(ScAddress::Contract(holder.clone()));
    ScVal::Vec(Some(ScVec(list(vec![symbol("Balance"), holder]))))
}

/// The amount in a balance's value.
pub(in crate::simulated) fn amount(value: &ScVal) -> i128 {
    let ScVal::Map(Some(entries)) = value else {
        return 0;
    };
    match entries.0.first().map(|entry| &entry.val) {
        Some(ScVal::I128(Int128Parts { hi, lo })) => i128::from(*hi) << 64 | i128::from(*lo),
        _ => 0,
    }
}
