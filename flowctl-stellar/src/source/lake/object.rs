use std::io::Cursor;

use bytes::Bytes;
use flowctl_core::component::ComponentError;
use object_store::ObjectMeta;

use super::LakeSchema;
use crate::{
    format::{DEFAULT_MAX_LEDGER_BYTES, LedgerReader, RawLedger},
    ledger,
};

/// How many bytes the ledgers of one object may have together, uncompressed: 1 GiB.
///
/// The largest objects in use hold 64 ledgers of a few MiB each.
const MAX_LEDGERS_BYTES: usize = 1 << 30;

/// What was found under the key of an object.
#[derive(Debug)]
pub(super) enum Object {
    /// All its ledgers.
    Ledgers(Vec<RawLedger>),
    /// Nothing.
    Missing,
    /// An object that is damaged, or that is still being written.
    Damaged {
        /// What is wrong with it.
        error: ComponentError,
        /// Tells whether it has changed since.
        version: ObjectMeta,
    },
}

/// Takes the ledgers out of an object, all of which must be those that its key says. Blocks.
///
/// Holds no more than what fits the key: whatever else it claims to contain is not read.
pub(super) fn unpack(
    name: &str,
    bytes: Bytes,
    schema: LakeSchema,
    sequence: u32,
) -> Result<Vec<RawLedger>, ComponentError> {
    let damaged = || ComponentError::stop(format!("the object `{name}` is damaged"));
    let (start, end) = schema.batch(sequence).into_inner();
    let wrong = |what: String| {
        ComponentError::stop(format!(
            "the object `{name}` should hold the ledgers {start} to {end}, but {what}"
        ))
    };
    let reader = LedgerReader::new(name, Box::new(Cursor::new(bytes)), DEFAULT_MAX_LEDGER_BYTES)
        .map_err(|error| damaged().caused_by(error))?;
    let mut ledgers: Vec<RawLedger> = Vec::new();
    let mut held = 0_usize;
    for ledger in reader {
        let ledger = ledger.map_err(|error| damaged().caused_by(error))?;
        let found = ledger.header.sequence;
        let expected = match ledgers.last() {
            // Ledgers 0 and 1 are in no lake, but in the name of its first object.
            None if found == start.max(2) => found,
            None => start,
            Some(last) => last.header.sequence.saturating_add(1),
        };
        if found != expected {
            let what = format!("has ledger {found} in place of ledger {expected}");
            return Err(wrong(what));
        }
        if found > end {
            return Err(wrong(format!("goes on with ledger {found}")));
        }
        held = held.saturating_add(ledger.bytes.len());
        if held > MAX_LEDGERS_BYTES {
            return Err(wrong(format!(
                "has more than {MAX_LEDGERS_BYTES} bytes up to ledger {found}"
            )));
        }
        ledger::check(&ledger.bytes).map_err(|error| damaged().caused_by(error))?;
        ledgers.push(ledger);
    }
    match ledgers.last() {
        Some(last) if last.header.sequence == end => Ok(ledgers),
        Some(last) => Err(wrong(format!("ends with ledger {}", last.header.sequence))),
        None => Err(wrong("holds none".to_owned())),
    }
}
