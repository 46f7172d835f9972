//! Ledgers out of a Stellar RPC server: `stellar-rpc`.

mod config;
mod look;
mod source;
#[cfg(all(test, feature = "programs"))]
mod tests;

pub use self::{config::StellarRpcConfig, source::StellarRpc};
