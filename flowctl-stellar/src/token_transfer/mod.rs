//! Token-transfer events: what they are, how they are written, derived and verified.
//!
//! The events are those of the token-transfer processor of the Stellar Go SDK, field for field and in
//! its order: every movement of classic assets, of their contracts and of SEP-41 tokens, with the
//! fees. [`TokenTransfers`] tells them, [`TokenTransferEvent`] is one.
//!
//! # Two origins, and where they differ
//!
//! Events are derived from what a ledger's operations did, or read from the stream that stellar-core
//! writes itself (CAP-67). [`Origin::Derived`] follows the Go processor exactly, [`Origin::Unified`] the
//! stream. They agree but for these divergences, each named again where it is decided and in a test:
//!
//! 1. **Trade legs.** Derived: the sold asset, then the bought one. The stream has them the other way.
//!    As multisets per operation the events are equal.
//! 2. **Revocation** of a trust line with pool shares. Derived: transfers, then the burn, also of an
//!    amount of 0, but nothing if no claimable balance was created. The stream: in the order of the
//!    pool's assets, never of 0, and the burn in any case.
//! 3. **Early protocols** (below 8), whose lumens do not add up. Derived: the source account of the
//!    operations that can have events is reconciled. The stream: all accounts of all operations but
//!    `Inflation`.
//! 4. **Authorisation.** Only the stream has `set_authorized` events; they are no token events.
//! 5. **The hot archive of protocol 23.** Newer dumps hold extra mints and burns that repair entries
//!    which were restored wrongly. They are in the stream and in the contract's events alike, but no
//!    entry changes with them: verification makes an exception for such operations.

mod close_time;
mod contract_event;
mod emitter;
mod error;
mod event;
mod fees;
mod json;
mod ledger_events;
mod mode;
mod operations;
mod token_transfers;
mod transaction;
mod unified;
mod verify;
mod wire;

pub use contract_event::{Rejection, Rejections};
pub use error::{DeriveError, OperationError, TransactionError};
pub use event::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent};
pub use ledger_events::LedgerEvents;
pub use mode::{Mode, Origin};
pub use token_transfers::TokenTransfers;
pub use verify::{Scope, UnexplainedChange, VerifyError, verify};
