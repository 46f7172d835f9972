//! Ledgers out of bytes: files and objects that hold one ledger, a batch, or a framed stream.
//!
//! In reading order: [`Shape`] says how ledgers lie in a piece of content, [`LedgerReader`] takes
//! them out one by one as [`RawLedger`]s, and [`FormatError`] says where and why that failed.
//!
//! What is recognised, by content: a single `LedgerCloseMeta`, a `LedgerCloseMetaBatch`, and frames
//! with record marks as stellar-core writes them; each plain or compressed with gzip or Zstandard;
//! each alone or as the members of a tar archive. The bytes of a ledger are never re-encoded.
//!
//! Everything here blocks; sources call it from a thread that may.

mod archive;
mod compression;
mod error;
mod input;
mod raw_ledger;
mod reader;
mod shape;
#[cfg(test)]
mod tests;

pub use self::{
    error::{FormatError, Place, Problem},
    raw_ledger::RawLedger,
    reader::LedgerReader,
    shape::Shape,
};

/// The largest ledger that is read unless told otherwise: 64 MiB.
///
/// The largest ledgers of the public network are below 3 MiB; stellar-core's load tests with 5,000
/// transactions stay below 16 MiB.
pub const DEFAULT_MAX_LEDGER_BYTES: usize = 64 * 1024 * 1024;
