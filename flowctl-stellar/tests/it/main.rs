//! The crate's tests against real ledgers and through its public API, one binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper fails its test")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod build;
mod contract_events;
mod early_protocols;
mod fees;
mod full_disk;
mod golden;
mod hostile;
mod json;
mod ledgers;
mod mutations;
mod operations;
mod pipelines;
mod processor;
#[cfg(feature = "programs")]
mod programs;
mod protojson;
mod revocation;
mod sparse;
mod twins;
mod verification;
