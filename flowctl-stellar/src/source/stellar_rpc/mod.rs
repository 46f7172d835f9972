//! Ledgers out of a Stellar RPC server: `stellar-rpc`.

mod config;
mod look;
mod source;

pub use self::{config::StellarRpcConfig, source::StellarRpc};
