//! The fee of a transaction, and its refund, from the transaction's result and changed entries.

use stellar_xdr::{LedgerEntry, LedgerEntryChange, LedgerEntryChanges, LedgerEntryData};

use super::{EventKind, TransactionError, transaction::Transaction};
use crate::{
    Address, Asset,
    ledger::{is_classic, operation_results},
};

/// A transaction's fee events: the fee, and for some smart-contract transactions a refund.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fees {
    pub(super) fee: EventKind,
    pub(super) refund: Option<EventKind>,
}

/// The fee event of `amount` from `payer`.
pub(super) const fn fee(payer: Address, amount: i128) -> EventKind {
    EventKind::Fee {
        from: payer,
        asset: Some(Asset::Native),
        amount,
    }
}

/// Derives the fee events of a transaction, successful or not.
///
/// A classic transaction's fee is what its result says. A smart-contract transaction's is what the
/// taking of the fee took from the payer's balance, and its refund is what came back later: core's
/// result is wrong for the fee bumps of protocol 20 (stellar-core issue 4188).
pub(super) fn derived(transaction: &Transaction<'_>) -> Result<Fees, TransactionError> {
    let payer = transaction.envelope.fee_source.without_mux();
    if !transaction.envelope.soroban {
        let amount = transaction.applied.result.result.fee_charged.into();
        return Ok(Fees {
            fee: fee(payer, amount),
            refund: None,
        });
    }
    let results = operation_results(&transaction.applied.result.result.result);
    if results.iter().any(is_classic) {
        return Err(TransactionError::Results);
    }
    let version = transaction.meta.version;
    if !matches!(version, 3 | 4) {
        return Err(TransactionError::UnsupportedMeta {
            needed: "V3 or V4",
            found: version,
        });
    }
    let taken = -rise(&payer, [transaction.applied.fee_changes]);
    if taken < 0 {
        return Err(TransactionError::NegativeFee { amount: -taken });
    }
    // Before protocol 23 the refund is among the changes after the operations, since then in a list
    // of its own. Only one of them changes the payer's balance.
    let refunds = transaction
        .meta
        .after
        .into_iter()
        .chain(transaction.applied.refund_changes);
    let refunded = rise(&payer, refunds);
    if refunded < 0 {
        return Err(TransactionError::NegativeRefund { amount: -refunded });
    }
    let refund = (refunded > 0).then(|| fee(payer, -refunded));
    Ok(Fees {
        fee: fee(payer, taken),
        refund,
    })
}

/// By how much the account's balance rose over all `changes`: from the last state to the last update,
/// as the Go SDK reads it.
fn rise<'a>(account: &Address, changes: impl IntoIterator<Item = &'a LedgerEntryChanges>) -> i128 {
    let (mut before, mut after) = (0, 0);
    for change in changes.into_iter().flat_map(|changes| changes.0.iter()) {
        match change {
            LedgerEntryChange::State(entry) => before = balance(entry, account).unwrap_or(before),
            LedgerEntryChange::Updated(entry) => after = balance(entry, account).unwrap_or(after),
            LedgerEntryChange::Created(_)
            | LedgerEntryChange::Removed(_)
            | LedgerEntryChange::Restored(_) => {}
        }
    }
    i128::from(after) - i128::from(before)
}

fn balance(entry: &LedgerEntry, account: &Address) -> Option<i64> {
    match &entry.data {
        LedgerEntryData::Account(entry) if Address::from(&entry.account_id) == *account => {
            Some(entry.balance)
        }
        _ => None,
    }
}
