//! Stellar for flowctl: what a ledger says, and the token-transfer events that follow from it.
//!
//! Read in this order:
//! - [`Network`]: which chain a ledger belongs to; hashes depend on it.
//! - [`ledger`]: access to one `LedgerCloseMeta`, of every version.
//! - [`simulated`]: made-up networks, to try and test everything with.
//! - [`token_transfer`]: the events, their derivation and their verification.
//!
//! These modules are pure: bytes and decoded ledgers in, values out. They do no I/O and hold no state
//! outside the values they return. What touches the outside comes after them:
//! - [`format`](mod@format): ledgers out of files and streams, whatever shape and compression they have.
//! - [`source`] and [`sink`]: the components that read ledgers and write events.
//! - [`processor`]: the component between them; it does no I/O, but works on a thread of its own.

pub mod format;
pub mod ledger;
pub mod processor;
#[cfg(feature = "programs")]
pub mod program;
pub mod simulated;
pub mod sink;
pub mod source;
pub mod token_transfer;
#[cfg(feature = "grpc")]
pub mod wire;

mod address;
mod asset;
#[cfg(feature = "rpc")]
mod backoff;
mod contract_ids;
#[cfg(test)]
mod fixtures;
mod hash;
mod network;
mod network_name;
mod registry;
#[cfg(feature = "rpc")]
mod rpc;

pub use address::{Address, AddressError};
pub use asset::{Asset, AssetCode, AssetError};
pub use contract_ids::ContractIds;
pub use hash::{Hash, HashError};
pub use network::Network;
pub use registry::{register, register_console};
#[cfg(feature = "grpc")]
pub use wire::connect;
