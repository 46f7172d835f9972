//! Ledgers out of files: `stellar-ledger-files`.

mod config;
mod index;
mod merge;
mod ordered;
mod source;
#[cfg(test)]
mod tests;

pub use self::{config::LedgerFilesConfig, source::LedgerFiles};
