use stellar_xdr::{LedgerEntry, LedgerEntryChange, LedgerEntryChanges};

/// A ledger entry before and after a step: an operation, or the taking of a fee.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EntryChange<'a> {
    /// The entry before; `None` when the step created it or restored it from the archive.
    pub before: Option<&'a LedgerEntry>,
    /// The entry after; `None` when the step removed it.
    pub after: Option<&'a LedgerEntry>,
    /// Whether the step restored the entry from the archive (CAP-62, CAP-66).
    pub restored: bool,
}

/// A list of changes that does not say what an entry was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("change {index} updates or removes an entry whose state does not come before it")]
pub struct ChangeError {
    /// The position in the list, from 0.
    pub index: usize,
}

/// Pairs the raw changes of one step: each update and removal with the state before it.
///
/// The order is that of the list. The Go SDK then sorts by the XDR of the entry's key; where that is
/// visible in events (several pools in one revocation), the deriver sorts.
///
/// # Errors
///
/// [`ChangeError`] when an update or removal does not follow a state or a restoration.
pub fn entry_changes(
    changes: &LedgerEntryChanges,
) -> impl Iterator<Item = Result<EntryChange<'_>, ChangeError>> {
    let mut before = None;
    changes
        .0
        .iter()
        .enumerate()
        .filter_map(move |(index, change)| {
            let state = before.take();
            let pair = match change {
                LedgerEntryChange::State(entry) => {
                    before = Some(entry);
                    return None;
                }
                LedgerEntryChange::Restored(entry) => {
                    before = Some(entry);
                    Ok(EntryChange {
                        before: None,
                        after: Some(entry),
                        restored: true,
                    })
                }
                LedgerEntryChange::Created(entry) => Ok(EntryChange {
                    before: None,
                    after: Some(entry),
                    restored: false,
                }),
                LedgerEntryChange::Updated(entry) => state
                    .map(|state| EntryChange {
                        before: Some(state),
                        after: Some(entry),
                        restored: false,
                    })
                    .ok_or(ChangeError { index }),
                LedgerEntryChange::Removed(_) => state
                    .map(|state| EntryChange {
                        before: Some(state),
                        after: None,
                        restored: false,
                    })
                    .ok_or(ChangeError { index }),
            };
            Some(pair)
        })
}
