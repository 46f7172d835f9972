//! Ledgers to token-transfer events: `ttp-processor`, and how its events travel.

mod event_value;
pub(crate) mod protobuf;
mod ttp_processor;

#[cfg(feature = "grpc")]
pub(crate) use self::ttp_processor::payload;
pub use self::ttp_processor::{TtpProcessor, TtpProcessorConfig};

/// The event type of token-transfer events.
pub const TOKEN_TRANSFER_EVENT_TYPE: &str = "token.transfer";
