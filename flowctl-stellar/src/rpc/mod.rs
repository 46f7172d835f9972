//! A client of Stellar RPC, as much of it as reading ledgers needs.
//!
//! Its own, small one: the published client refuses answers above 10 MiB, which seven ledgers of the
//! public network can exceed, and cannot be told otherwise.
//!
//! # Source
//!
//! stellar-rpc's `protocols/rpc` for methods, parameters and answers; JSON-RPC 2.0 for the frame. Two
//! things that its documentation does not say: a page that begins behind the newest ledger is an error
//! rather than empty, and `oldestLedger` is what the server itself holds, though one that serves from a
//! data lake has older ones too.

mod client;
mod error;
mod frame;
mod messages;
mod url;

pub(crate) use self::{
    client::{RpcClient, RpcSettings},
    error::RpcError,
    messages::{Health, LedgerPage},
    url::RpcUrl,
};
