//! What moves through a pipeline: [`Event`]s in [`Batch`]es.
//!
//! In reading order: a [`Payload`] is opaque bytes or a shared typed value, an [`Event`] is a
//! payload with a type and an identity (`sequence` and [`Path`] below one source), a [`Batch`] is
//! the unit that moves, and a [`Position`] says how far a stream has come. [`Codecs`] turn typed
//! values into bytes and text and back, by event type.

mod batch;
mod codec;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its main type"
)]
mod event;
mod metadata;
mod path;
mod payload;
mod position;

pub use self::{
    batch::{Batch, SourceBatch},
    codec::{CodecError, Codecs, EventValue, ValueRef},
    event::Event,
    metadata::{Metadata, MetadataFull},
    path::Path,
    payload::Payload,
    position::Position,
};
