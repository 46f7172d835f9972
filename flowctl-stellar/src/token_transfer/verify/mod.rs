//! Do the events explain every change of every balance?
//!
//! [`verify`] holds events against the changed entries of their ledger. It shares no code with the
//! derivation, and needs no network: everything it uses is in the ledger.

mod balances;
mod entries;
mod error;
mod sum;
mod verify_ledger;

pub use error::{Scope, UnexplainedChange, VerifyError};
pub use verify_ledger::verify;
