//! The Stellar protocols over gRPC: ledgers and token-transfer events between programs.
//!
//! Two services of the Go components are spoken, on both ends: `raw_ledger_service.RawLedgerService`, which
//! hands out ledgers, and `token_transfer_service.EventService`, which hands out events. As in the Go
//! components, the reader pulls: it says the first ledger and gets a stream.
//!
//! - [`LedgerClient`] and [`EventClient`] are sources: they check what comes, ask again after whatever
//!   breaks, from the first ledger that is not complete, and so lose nothing and double nothing.
//! - [`EventServer`] serves the events of any source and processor.
//! - [`StellarForm`] is what the same ledgers and events look like in `flowctl.v1`.
//! - [`connect`] tells a [`GrpcConnector`](flowctl_grpc::GrpcConnector) of all of it, so that flowctl can
//!   carry the records of programs that speak these protocols.
//!
//! # Identity
//!
//! The sequence of an event is its ledger's, its path its place among the events of the ledger, whether it
//! was derived in this process or came over the network. So a sink writes the same rows either way, and
//! positions are ledgers everywhere. The service sends events and says nothing of ledgers; a ledger is
//! known to be complete when an event of a later one comes, or the stream of a bounded range ends.
//!
//! # Marks
//!
//! That is late at the tip of a chain, and says nothing of ledgers without events. Where both ends are of
//! this crate, the server therefore also marks the end of every ledger: the reader asks for it by the
//! metadata `flowctl-ledger-marks: 1`, the server answers with the same, and a message with nothing but
//! `meta.ledger_sequence` says that this ledger and all before are complete. Neither end gets to see any of
//! it when the other one is not of this crate.

mod alive;
mod assembly;
mod batches;
mod client_config;
mod client_error;
mod connect;
mod event_call;
mod event_client;
mod event_server;
mod event_service;
mod ledger_client;
mod message;
mod pull;
mod raw_codec;
mod register;
mod served;
mod stellar_form;
#[cfg(test)]
mod tests;

pub(crate) use self::register::register;
use self::{
    assembly::{Assembly, Whole},
    batches::{Batches, MakeBatches},
    client_error::ClientError,
    message::Message,
    pull::{Call, Pull, Said},
    raw_codec::RawCodec,
};
pub use self::{
    client_config::ClientConfig,
    connect::connect,
    event_client::EventClient,
    event_server::{EventChain, EventServer, Watch},
    ledger_client::LedgerClient,
    stellar_form::StellarForm,
};

/// The protocol that hands out ledgers.
pub const LEDGER_PROTOCOL: &str = "raw_ledger_service.RawLedgerService";

/// The protocol that hands out token-transfer events.
pub const EVENT_PROTOCOL: &str = "token_transfer_service.EventService";

/// The metadata by which a reader asks for marks, and a server says that it sends them.
const MARKS: &str = "flowctl-ledger-marks";

/// The metadata in which a server says the id of its network, in hexadecimal digits.
const NETWORK_ID: &str = "stellar-network-id";

/// The call that hands out events.
const GET_EVENTS: &str = "/token_transfer_service.EventService/GetTTPEvents";
