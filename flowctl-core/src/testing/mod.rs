//! Components and suites for tests, behind feature `testing`. Not covered by semver.
//!
//! [`Numbers`] is a source of known events, [`Vault`] a destination that survives runs and fails on
//! demand: with both, a test can say exactly what must have arrived. [`conformance`] certifies an
//! executor against the clauses of its contract.

pub mod conformance;
mod numbers;
mod vault;

pub use self::{
    numbers::{NUMBER, Numbers},
    vault::{Vault, VaultFault},
};
