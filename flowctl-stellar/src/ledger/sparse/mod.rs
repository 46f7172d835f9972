//! Reads of a ledger only what its token-transfer events need, and steps over the rest.
//!
//! Three quarters of a ledger are changed entries, signatures and diagnostics that no event is derived
//! from. Decoding them is most of the cost of decoding a ledger. XDR has no index, but a description of
//! a type's form is enough to step over a value of it: [`Shape`](shape::Shape) is such a description, the tables in
//! `entries` and `envelopes` hold the forms of what is skipped, and [`decode_sparse()`] walks a ledger.
//!
//! The result is a `LedgerCloseMeta` in which what was skipped is empty, so everything else works on it
//! unchanged. Tests hold it against the full decoding.

mod decode_sparse;
mod entries;
mod envelopes;
mod reader;
mod shape;
#[cfg(test)]
mod tests;

pub(crate) use decode_sparse::{Wanted, decode_sparse};
pub(crate) use reader::Unread;
