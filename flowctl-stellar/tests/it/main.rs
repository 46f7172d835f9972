//! The crate's tests against real ledgers and through its public API, one binary.

mod golden;
mod ledgers;
mod twins;
mod verification;
