//! `stellar-live-source` and `stellar-live-source-datalake`: ledgers over gRPC.
//!
//! Both are one server over a different default origin: a Stellar RPC server, a data lake, or a simulated
//! network. Each stream has a source of its own, so streams do not wait for one another.

mod network_settings;
mod offered;
mod open_source;
mod origin;
mod program;
mod raw_ledgers;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    network_settings::{NETWORK_PASSPHRASE, read_network},
    program::{DatalakeSource, LiveSource},
};
