//! The crate's tests against real ledgers and through its public API, one binary.

mod build;
mod contract_events;
mod early_protocols;
mod fees;
mod golden;
mod json;
mod ledgers;
mod operations;
mod revocation;
mod twins;
mod verification;
