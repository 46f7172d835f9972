//! Token-transfer events: what they are, how they are written, derived and verified.

mod close_time;
mod event;
mod json;
mod wire;

pub use event::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent};
