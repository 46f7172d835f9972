use stellar_xdr::{LedgerEntry, LedgerEntryData};

use super::{
    super::{EventKind, OperationError, TokenTransferEvent, emitter::Emitter},
    OperationInput,
};
use crate::{Address, Asset};

/// The first protocol under which results and balances of the lumen always agree.
pub(super) const FIRST_EXACT_PROTOCOL: u32 = 8;

/// Explains what the events of an operation, those from `first` on, leave unexplained.
///
/// A flaw of early protocols let an operation create or destroy lumens of its source account. The
/// difference between the account's balance and the operation's events becomes a mint before them or a
/// burn after them.
///
/// Divergence 3, early protocols: stellar-core compares the lumens of all accounts, for every operation
/// but `Inflation`. Go, which this follows, looks at the source account, and only for operations that
/// can have events.
pub(super) fn reconcile(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
    first: usize,
) -> Result<(), OperationError> {
    let source = input.source().without_mux();
    let events = emitter.events.get(first..).unwrap_or_default();
    let explained = explained(events, &source).ok_or(OperationError::Amounts)?;
    let unexplained = changed(input, &source)?
        .checked_sub(explained)
        .ok_or(OperationError::Amounts)?;
    let asset = Some(Asset::Native);
    if unexplained > 0 {
        emitter.classic(
            EventKind::Mint {
                to: source,
                asset,
                amount: unexplained,
            },
            None,
        );
        if let Some(events) = emitter.events.get_mut(first..) {
            events.rotate_right(1);
        }
    } else if unexplained < 0 {
        let amount = unexplained.checked_neg().ok_or(OperationError::Amounts)?;
        emitter.classic(
            EventKind::Burn {
                from: source,
                asset,
                amount,
            },
            None,
        );
    }
    Ok(())
}

/// By how many lumens the events change what `account` has; `None` on overflow.
fn explained(events: &[TokenTransferEvent], account: &Address) -> Option<i128> {
    let mut sum = 0_i128;
    for kind in events.iter().map(|event| &event.kind) {
        if kind.asset() != Some(&Asset::Native) {
            continue;
        }
        if kind.from() == Some(account) {
            sum = sum.checked_sub(kind.amount())?;
        }
        if kind.to() == Some(account) {
            sum = sum.checked_add(kind.amount())?;
        }
    }
    Some(sum)
}

/// By how many lumens the operation changed what `account` has.
fn changed(input: &OperationInput<'_>, account: &Address) -> Result<i128, OperationError> {
    let balance = |entry: &LedgerEntry| match &entry.data {
        LedgerEntryData::Account(entry) if Address::from(&entry.account_id) == *account => {
            i128::from(entry.balance)
        }
        _ => 0,
    };
    let mut sum = 0_i128;
    for change in input.changes() {
        let change = change?;
        let rise = change.after.map_or(0, balance) - change.before.map_or(0, balance);
        sum = sum.checked_add(rise).ok_or(OperationError::Amounts)?;
    }
    Ok(sum)
}
