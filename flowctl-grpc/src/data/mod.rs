//! `flowctl.data.v1`: records between components that know flowctl, losslessly.
//!
//! [`DataSource`], [`DataProcessor`] and [`DataSink`] are components that run elsewhere; [`service`] serves
//! those of an [`Offer`](crate::Offer). What is promised:
//!
//! * A source is read ahead within a bound in events and bytes. After a broken connection it is opened
//!   again after the last record that arrived: nothing is lost, nothing comes twice.
//! * A call of a processor or a sink is numbered within a session. When the connection breaks before the
//!   answer, the call is repeated under its number, and a component that did it already gives its answer
//!   again. Where the component itself was started anew, a stateless processor does the call again, a sink
//!   that keeps positions is given only what it does not hold, one that keeps none is given the call again
//!   (clause K4 of [`Sink`](flowctl_core::Sink)), and for a processor with a state it is an error.
//! * An error comes with its disposition, its causes and its help.

mod call;
mod caller;
mod describe;
mod failure;
mod heard;
mod parts;
mod processor;
mod read;
mod read_ahead;
mod reading;
mod service;
mod session;
mod sink;
mod source;
mod trouble;
mod worker;

pub use self::{
    describe::{drain, reset},
    processor::DataProcessor,
    service::{DataService, service},
    sink::DataSink,
    source::DataSource,
};

pub(crate) use self::trouble::Trouble;

/// The name of the protocol in specs and registries.
pub const PROTOCOL: &str = "flowctl.data.v1";
