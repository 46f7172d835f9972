use std::collections::HashMap;

use stellar_xdr::{LedgerCloseMeta, LedgerEntryChanges};

use super::{
    super::TokenTransferEvent,
    Scope, UnexplainedChange, VerifyError,
    balances::{Balances, Difference},
    entries::{AssetContracts, restores_contract_data, subtract_change},
};
use crate::{
    Address, Hash,
    ledger::{
        AppliedTransaction, EntryChange, LedgerHeader, MetaView, applied_transactions,
        entry_changes,
    },
};

/// The protocol whose archive restored some entries wrongly.
const PROTOCOL_OF_THE_ARCHIVE_BUG: u32 = 23;

/// The last protocol whose meta of a transaction that core failed to apply says what did not happen.
const LAST_PROTOCOL_WITH_FALSE_META: u32 = 12;

/// Checks that `events`, all those of `ledger`, explain every change of a balance of a classic asset,
/// neither more nor less:
///
/// - Per transaction, as the Go processor's `VerifyEvents`: accounts, trust lines, claimable balances
///   and pools; what contracts hold is left out.
/// - Per operation, and for the fees: the same balances, and those that contracts hold of the assets
///   whose contracts have events there. An entry restored from the archive counts as unchanged.
///
/// Not checked, since no entry shows it: tokens that are no classic assets, the order of events,
/// payments of an issuer to itself, and what destinations are told.
///
/// Below protocol 8 lumens do not add up, and Go's reconciliation reaches only the source account of an
/// operation; an event list that Go would make can then fail here, as it fails in Go.
/// Divergence 5, the hot archive of protocol 23: an operation that restored a contract's entry under that
/// protocol is checked without the balances of contracts, since core's later repairs are in events only.
///
/// # Errors
///
/// Every [`VerifyError`]; the first one found.
pub fn verify(ledger: &LedgerCloseMeta, events: &[TokenTransferEvent]) -> Result<(), VerifyError> {
    let header = LedgerHeader::of(ledger).map_err(VerifyError::Header)?;
    let mut by_transaction: HashMap<Hash, Vec<&TokenTransferEvent>> = HashMap::new();
    let mut indices: HashMap<Hash, u32> = HashMap::new();
    for applied in applied_transactions(ledger) {
        indices.insert(applied.hash, applied.index);
    }
    for (position, event) in events.iter().enumerate() {
        let meta = &event.meta;
        let is_here = meta.ledger_sequence == header.sequence
            && indices.get(&meta.tx_hash) == Some(&meta.transaction_index);
        if !is_here {
            let ledger_sequence = header.sequence;
            return Err(VerifyError::ForeignEvent {
                ledger_sequence,
                position,
            });
        }
        by_transaction.entry(meta.tx_hash).or_default().push(event);
    }
    for applied in applied_transactions(ledger) {
        let events = by_transaction.remove(&applied.hash).unwrap_or_default();
        let meta = MetaView::of(applied.meta);
        Check {
            header: &header,
            applied,
            meta,
            events,
        }
        .run()?;
    }
    Ok(())
}

/// The check of one transaction.
struct Check<'a> {
    header: &'a LedgerHeader,
    applied: AppliedTransaction<'a>,
    meta: MetaView<'a>,
    events: Vec<&'a TokenTransferEvent>,
}

impl Check<'_> {
    fn run(&self) -> Result<(), VerifyError> {
        let mut all = Balances::default();
        self.fees(&mut all)?;
        for index in 0..self.operation_count() {
            self.operation(index, &mut all)?;
        }
        for event in &self.events {
            all.add_event(&event.kind);
        }
        self.demand_none(
            all.difference(|holder| !holder.is_contract()),
            Scope::Transaction,
        )
    }

    /// The taking of the fee, its refund, and the changes around the operations.
    fn fees(&self, all: &mut Balances) -> Result<(), VerifyError> {
        let mut balances = Balances::default();
        let applied = &self.applied;
        let mut lists = vec![applied.fee_changes];
        lists.extend(self.meta.before);
        lists.extend(self.meta.after.filter(|_| !self.has_false_meta()));
        lists.extend(applied.refund_changes);
        for changes in lists {
            self.subtract(changes, &AssetContracts::new(), &mut balances, all)?;
        }
        for event in self
            .events
            .iter()
            .filter(|event| event.meta.operation_index.is_none())
        {
            balances.add_event(&event.kind);
        }
        self.demand_none(balances.difference(|_| true), Scope::Fees)
    }

    /// The operation with this index from 0.
    fn operation(&self, index: usize, all: &mut Balances) -> Result<(), VerifyError> {
        let number = index + 1;
        let is_here = |event: &&&TokenTransferEvent| {
            event
                .meta
                .operation_index
                .is_some_and(|here| usize::try_from(here) == Ok(number))
        };
        let mut balances = Balances::default();
        let mut contracts = AssetContracts::new();
        for event in self.events.iter().filter(is_here) {
            balances.add_event(&event.kind);
            if let (Address::Contract(id), Some(asset)) =
                (event.meta.contract_address, event.kind.asset())
            {
                contracts.insert(id, *asset);
            }
        }
        let mut restored = false;
        if let Some(changes) = self.meta.operation_changes(index) {
            restored = self.subtract(changes, &contracts, &mut balances, all)?;
        }
        let exempt = restored && self.header.protocol == PROTOCOL_OF_THE_ARCHIVE_BUG;
        let counted = |holder: &Address| !(exempt && holder.is_contract());
        self.demand_none(balances.difference(counted), Scope::Operation(number))
    }

    /// Subtracts changes from the balances of the step and from those of the transaction. Says whether
    /// a contract's entry was restored.
    fn subtract(
        &self,
        changes: &LedgerEntryChanges,
        contracts: &AssetContracts,
        step: &mut Balances,
        all: &mut Balances,
    ) -> Result<bool, VerifyError> {
        let mut restored = false;
        for change in entry_changes(changes) {
            let change = change.map_err(|cause| VerifyError::Changes {
                ledger_sequence: self.header.sequence,
                tx_hash: self.applied.hash,
                cause,
            })?;
            restored |= restores_contract_data(&change);
            let unchanged = EntryChange {
                before: change.after,
                ..change
            };
            let strict = if change.restored { &unchanged } else { &change };
            subtract_change(step, strict, contracts);
            subtract_change(all, &change, &AssetContracts::new());
        }
        Ok(restored)
    }

    /// How many operations had effects: those with events included, so that an event of an operation
    /// that the meta does not know is found.
    fn operation_count(&self) -> usize {
        if self.has_false_meta() {
            return 0;
        }
        let numbers = self
            .events
            .iter()
            .filter_map(|event| event.meta.operation_index);
        let with_events = numbers
            .max()
            .and_then(|number| usize::try_from(number).ok());
        self.meta.operation_count().max(with_events.unwrap_or(0))
    }

    fn has_false_meta(&self) -> bool {
        self.applied.internal_error() && self.header.protocol <= LAST_PROTOCOL_WITH_FALSE_META
    }

    fn demand_none(&self, difference: Option<Difference>, scope: Scope) -> Result<(), VerifyError> {
        let Some(Difference {
            holder,
            asset,
            excess,
        }) = difference
        else {
            return Ok(());
        };
        let (ledger_sequence, tx_hash) = (self.header.sequence, self.applied.hash);
        let change = UnexplainedChange {
            ledger_sequence,
            tx_hash,
            scope,
            holder,
            asset,
            excess,
        };
        Err(VerifyError::Unexplained(Box::new(change)))
    }
}
