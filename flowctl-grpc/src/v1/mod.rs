//! `flowctl.v1`: upstream's protocol of sources, processors and consumers, spoken so that the end of a call
//! is its acknowledgement.
//!
//! The protocol has no acknowledgements, no positions and no batches. What can be promised all the same:
//!
//! * [`V1Source`] reads again after the last record it saw when the connection breaks, and leaves out what
//!   it knows. Records are named by their cursor or, where they have none, by their place in the stream.
//!   A stream that ends well is the end of the source.
//! * [`V1Processor`] makes one call an event: what comes until the other end closes the call follows from
//!   that event. A broken call is made again.
//! * [`V1Sink`] makes one call a write: its answer is the acknowledgement. After a broken call nobody
//!   knows what was taken, and it is made again: at least once.
//!
//! Servers of an [`Offer`](crate::Offer) speak it so that programs run under other orchestrators too.

mod calling;
mod consumer_server;
mod form;
mod info;
mod processor;
mod processor_server;
mod sink;
mod source;
mod source_server;

pub use self::{
    consumer_server::{V1Consumers, consumer_service},
    form::{Form, PlainForm},
    processor::V1Processor,
    processor_server::{V1Processors, processor_service},
    sink::V1Sink,
    source::V1Source,
    source_server::{V1Sources, source_service},
};

/// The name of the protocol in specs and registries.
pub const PROTOCOL: &str = "flowctl.v1";
