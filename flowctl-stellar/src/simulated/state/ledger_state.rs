use std::collections::{BTreeMap, BTreeSet};

use stellar_xdr::{
    AccountEntry, AccountId, ClaimableBalanceEntry, ClaimableBalanceId, LedgerEntry,
    LedgerEntryChange, LedgerEntryData, LedgerEntryExt, LedgerKey, LedgerKeyAccount,
    LedgerKeyClaimableBalance, LedgerKeyLiquidityPool, LedgerKeyTrustLine, LiquidityPoolEntryBody,
    LiquidityPoolEntryConstantProduct, PoolId, TrustLineAsset, TrustLineEntry,
};

/// The entries that a scope touched, as they were when it began; `None` for one that was not there.
type Touched = BTreeMap<LedgerKey, Option<LedgerEntry>>;

/// What all accounts hold and have, and the totals in the ledger's header.
///
/// Every change goes through [`put`](Self::put) and [`remove`](Self::remove), which remember what was
/// there before. That gives the changes of an operation, and takes back a failed transaction.
#[derive(Debug, Clone)]
pub(in crate::simulated) struct LedgerState {
    entries: BTreeMap<LedgerKey, LedgerEntry>,
    /// The number of the ledger that is being made.
    pub(in crate::simulated) sequence: u32,
    /// The protocol that its transactions are applied under.
    pub(in crate::simulated) protocol: u32,
    pub(in crate::simulated) close_time: u64,
    pub(in crate::simulated) totals: Totals,
    /// Whether changes are told; skipped ledgers do without.
    pub(in crate::simulated) tells_changes: bool,
    group: Touched,
    /// The touched entries that had to be restored from the archive first.
    restored: BTreeSet<LedgerKey>,
    transaction: Touched,
    totals_before: Totals,
}

/// Contract data that nobody touched for so many ledgers lies in the archive.
const LIFE_TIME: u32 = 48;

/// The first protocol that restores what a transaction needs by itself (CAP-66).
const FIRST_PROTOCOL_WITH_RESTORATION: u32 = 23;

/// The totals in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulated) struct Totals {
    pub(in crate::simulated) coins: i64,
    pub(in crate::simulated) fee_pool: i64,
    pub(in crate::simulated) inflation_sequence: u32,
    pub(in crate::simulated) last_id: u64,
}

impl LedgerState {
    pub(in crate::simulated) fn new(protocol: u32, close_time: u64, totals: Totals) -> Self {
        Self {
            entries: BTreeMap::new(),
            sequence: 1,
            protocol,
            close_time,
            totals,
            tells_changes: true,
            group: Touched::new(),
            restored: BTreeSet::new(),
            transaction: Touched::new(),
            totals_before: totals,
        }
    }

    /// Starts a transaction: [`undo`](Self::undo) goes back to here.
    pub(in crate::simulated) fn begin(&mut self) {
        self.transaction.clear();
        self.group.clear();
        self.restored.clear();
        self.totals_before = self.totals;
    }

    /// Takes back everything since [`begin`](Self::begin).
    pub(in crate::simulated) fn undo(&mut self) {
        self.group.clear();
        self.restored.clear();
        self.totals = self.totals_before;
        restore(&mut self.entries, std::mem::take(&mut self.transaction));
    }

    /// Takes back the changes since the last group of them ended.
    pub(in crate::simulated) fn undo_changes(&mut self) {
        self.restored.clear();
        restore(&mut self.entries, std::mem::take(&mut self.group));
    }

    /// Ends a group of changes and tells them, in the order of their keys.
    pub(in crate::simulated) fn take_changes(&mut self) -> Vec<LedgerEntryChange> {
        if !self.tells_changes {
            self.group.clear();
            self.restored.clear();
            return Vec::new();
        }
        let mut changes = Vec::with_capacity(2 * self.group.len());
        let restored = std::mem::take(&mut self.restored);
        for (key, before) in std::mem::take(&mut self.group) {
            match (before, self.entries.get(&key)) {
                (Some(before), Some(after)) => {
                    changes.push(if restored.contains(&key) {
                        LedgerEntryChange::Restored(before)
                    } else {
                        LedgerEntryChange::State(before)
                    });
                    changes.push(LedgerEntryChange::Updated(after.clone()));
                }
                (Some(before), None) => {
                    changes.push(LedgerEntryChange::State(before));
                    changes.push(LedgerEntryChange::Removed(key));
                }
                (None, Some(after)) => changes.push(LedgerEntryChange::Created(after.clone())),
                (None, None) => {}
            }
        }
        changes
    }

    pub(in crate::simulated) fn get(&self, key: &LedgerKey) -> Option<&LedgerEntryData> {
        self.entries.get(key).map(|entry| &entry.data)
    }

    /// Creates or replaces an entry.
    pub(in crate::simulated) fn put(&mut self, data: LedgerEntryData) {
        let entry = LedgerEntry {
            last_modified_ledger_seq: self.sequence,
            data,
            ext: LedgerEntryExt::V0,
        };
        let key = entry.to_key();
        self.touch(&key);
        self.entries.insert(key, entry);
    }

    pub(in crate::simulated) fn remove(&mut self, key: &LedgerKey) {
        self.touch(key);
        self.entries.remove(key);
    }

    /// Notes that an entry is restored before it changes, if it lies in the archive.
    pub(super) fn restore_if_archived(&mut self, key: &LedgerKey) {
        let last = self
            .entries
            .get(key)
            .map(|entry| entry.last_modified_ledger_seq);
        let is_archived = last.is_some_and(|last| last.saturating_add(LIFE_TIME) < self.sequence);
        if is_archived && self.protocol >= FIRST_PROTOCOL_WITH_RESTORATION {
            self.restored.insert(key.clone());
        }
    }

    fn touch(&mut self, key: &LedgerKey) {
        for scope in [&mut self.group, &mut self.transaction] {
            if !scope.contains_key(key) {
                scope.insert(key.clone(), self.entries.get(key).cloned());
            }
        }
    }

    pub(in crate::simulated) fn entries(&self) -> impl Iterator<Item = &LedgerEntryData> {
        self.entries.values().map(|entry| &entry.data)
    }

    /// The entries from `first` on, in the order of their keys.
    pub(in crate::simulated) fn entries_from(
        &self,
        first: LedgerKey,
    ) -> impl Iterator<Item = &LedgerEntryData> {
        self.entries.range(first..).map(|(_, entry)| &entry.data)
    }

    pub(in crate::simulated) fn account(&self, id: &AccountId) -> Option<&AccountEntry> {
        let key = account_key(id);
        match self.get(&key) {
            Some(LedgerEntryData::Account(account)) => Some(account),
            _ => None,
        }
    }

    /// Changes an account; nothing happens if there is none.
    pub(in crate::simulated) fn change_account(
        &mut self,
        id: &AccountId,
        change: impl FnOnce(&mut AccountEntry),
    ) {
        if let Some(mut account) = self.account(id).cloned() {
            change(&mut account);
            self.put(LedgerEntryData::Account(account));
        }
    }

    pub(in crate::simulated) fn trust_line(
        &self,
        id: &AccountId,
        asset: &TrustLineAsset,
    ) -> Option<&TrustLineEntry> {
        match self.get(&trust_line_key(id, asset)) {
            Some(LedgerEntryData::Trustline(line)) => Some(line),
            _ => None,
        }
    }

    /// Changes a trust line; nothing happens if there is none.
    pub(in crate::simulated) fn change_trust_line(
        &mut self,
        id: &AccountId,
        asset: &TrustLineAsset,
        change: impl FnOnce(&mut TrustLineEntry),
    ) {
        if let Some(mut line) = self.trust_line(id, asset).cloned() {
            change(&mut line);
            self.put(LedgerEntryData::Trustline(line));
        }
    }

    pub(in crate::simulated) fn claimable_balance(
        &self,
        id: &ClaimableBalanceId,
    ) -> Option<&ClaimableBalanceEntry> {
        match self.get(&claimable_balance_key(id)) {
            Some(LedgerEntryData::ClaimableBalance(balance)) => Some(balance),
            _ => None,
        }
    }

    pub(in crate::simulated) fn pool(
        &self,
        id: &PoolId,
    ) -> Option<&LiquidityPoolEntryConstantProduct> {
        match self.get(&pool_key(id)) {
            Some(LedgerEntryData::LiquidityPool(pool)) => {
                let LiquidityPoolEntryBody::LiquidityPoolConstantProduct(body) = &pool.body;
                Some(body)
            }
            _ => None,
        }
    }
}

fn restore(entries: &mut BTreeMap<LedgerKey, LedgerEntry>, touched: Touched) {
    for (key, before) in touched {
        match before {
            Some(entry) => entries.insert(key, entry),
            None => entries.remove(&key),
        };
    }
}

pub(in crate::simulated) fn account_key(id: &AccountId) -> LedgerKey {
    LedgerKey::Account(LedgerKeyAccount {
        account_id: id.clone(),
    })
}

pub(in crate::simulated) fn trust_line_key(id: &AccountId, asset: &TrustLineAsset) -> LedgerKey {
    LedgerKey::Trustline(LedgerKeyTrustLine {
        account_id: id.clone(),
        asset: asset.clone(),
    })
}

pub(in crate::simulated) fn claimable_balance_key(id: &ClaimableBalanceId) -> LedgerKey {
    LedgerKey::ClaimableBalance(LedgerKeyClaimableBalance {
        balance_id: id.clone(),
    })
}

pub(in crate::simulated) fn pool_key(id: &PoolId) -> LedgerKey {
    LedgerKey::LiquidityPool(LedgerKeyLiquidityPool {
        liquidity_pool_id: id.clone(),
    })
}
