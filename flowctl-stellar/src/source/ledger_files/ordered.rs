use std::{
    collections::{BTreeMap, btree_map::Entry},
    iter,
};

use flowctl_core::component::ComponentError;

use super::{
    index::{IndexedFile, read_error},
    merge::same_ledger,
};
use crate::format::{LedgerReader, RawLedger};

/// How much of a file whose ledgers lie in disorder is held in memory to bring them into order.
///
/// A file with more than this is read several times.
const WINDOW_BYTES: usize = 64 * 1024 * 1024;

/// The ledgers of a file in rising order, from the first that is wanted on.
pub(super) type Ordered = Box<dyn Iterator<Item = Result<RawLedger, ComponentError>> + Send>;

/// The ledgers of `file` from `from` on, in rising order.
pub(super) fn ordered(
    file: &IndexedFile,
    from: u32,
    limit: usize,
) -> Result<Ordered, ComponentError> {
    if file.rising {
        let reader = LedgerReader::open(&file.path, limit).map_err(read_error)?;
        let wanted = move |ledger: &Result<RawLedger, _>| {
            ledger
                .as_ref()
                .map_or(true, |ledger| ledger.header.sequence >= from)
        };
        return Ok(Box::new(
            reader
                .map(|ledger| ledger.map_err(read_error))
                .filter(wanted),
        ));
    }
    let mut next = Some(from);
    let file = file.clone();
    let windows = iter::from_fn(move || {
        let (ledgers, more_from) = match window(&file, next?, limit, WINDOW_BYTES) {
            Ok(window) => window,
            Err(error) => {
                next = None;
                return Some(vec![Err(error)]);
            }
        };
        next = more_from;
        Some(ledgers.into_values().map(Ok).collect())
    });
    Ok(Box::new(windows.flatten()))
}

/// The ledgers from `from` on that come first and have room in `room` bytes (one always has), and
/// where to go on if there are more.
fn window(
    file: &IndexedFile,
    from: u32,
    limit: usize,
    room: usize,
) -> Result<(BTreeMap<u32, RawLedger>, Option<u32>), ComponentError> {
    let mut held = BTreeMap::new();
    let mut bytes = 0_usize;
    let mut next: Option<u32> = None;
    for ledger in LedgerReader::open(&file.path, limit).map_err(read_error)? {
        let ledger = ledger.map_err(read_error)?;
        let sequence = ledger.header.sequence;
        if sequence < from || next.is_some_and(|next| sequence >= next) {
            continue;
        }
        match held.entry(sequence) {
            Entry::Occupied(entry) => same_ledger(entry.get(), &ledger)?,
            Entry::Vacant(entry) => {
                bytes = bytes.saturating_add(ledger.bytes.len());
                entry.insert(ledger);
            }
        }
        while bytes > room && held.len() > 1 {
            let Some((sequence, ledger)) = held.pop_last() else {
                break;
            };
            bytes = bytes.saturating_sub(ledger.bytes.len());
            next = Some(sequence);
        }
    }
    Ok((held, next))
}
