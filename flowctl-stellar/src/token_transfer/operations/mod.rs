//! Which events an operation of a successful transaction causes, one file a family of operations.
//!
//! [`derive()`] is the entry. It follows the Go processor exactly; where the stream that stellar-core
//! writes differs, the function concerned says so.

mod account;
mod claimable_balance;
mod derive;
mod inflation;
mod input;
mod payment;
mod pool;
mod reconcile;
mod revocation;
mod trade;

pub(super) use derive::derive;
pub(super) use input::OperationInput;
