//! What authors of components implement: [`Source`], [`Processor`] and [`Sink`].
//!
//! A component is made by a factory from a [`ComponentContext`], anew for every instance and every
//! generation. The runner calls it once a batch and owns everything around it: queues, order,
//! acknowledgement, retries, checkpoints. What a component owes in return is written on the traits
//! as numbered clauses. A [`ComponentError`] says what went wrong and what should happen now.

mod cancellation;
mod context;
mod error;
mod meter;
mod output;
mod processor;
mod sink;
mod source;

pub use self::{
    cancellation::Cancellation,
    context::ComponentContext,
    error::{ComponentError, Disposition},
    meter::Meter,
    output::Output,
    processor::Processor,
    sink::{Held, OpenSink, Sink},
    source::{Next, Resume, Source, SourceIdentity},
};
