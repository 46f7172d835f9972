//! Access to one ledger: the `LedgerCloseMeta` that stellar-core writes, in its versions V0, V1 and V2.
//!
//! - [`decode()`]: bytes to `LedgerCloseMeta`, within limits.
//! - [`LedgerHeader`]: sequence, close time, protocol and hashes; also from raw bytes without decoding
//!   the rest.
//! - [`HashChain`]: do ledgers follow one another?
//! - [`AppliedTransaction`]: what was applied, in order; [`Envelopes`] finds what was asked for.
//! - [`EntryChange`]: an entry before and after.
//!
//! Nothing here does I/O.

mod applied;
mod chain;
mod changes;
mod check;
mod decode;
mod envelope;
mod header;
mod meta;
mod sparse;

pub use applied::{AppliedTransaction, applied_transactions};
pub(crate) use applied::{is_classic, operation_results};
pub use chain::{ChainError, Gaps, HashChain, Link};
pub use changes::{ChangeError, EntryChange, entry_changes};
pub(crate) use check::check;
pub(crate) use decode::MAX_DEPTH;
pub use decode::{DecodeError, decode, encode};
pub use envelope::{EnvelopeView, Envelopes};
pub use header::{HeaderError, LedgerHeader};
pub(crate) use meta::MetaView;
pub(crate) use sparse::{Unread, Wanted, decode_sparse};
