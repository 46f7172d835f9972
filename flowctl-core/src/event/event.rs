use std::time::SystemTime;

use super::{Metadata, Path, Payload};
use crate::EventType;

/// One record: a typed payload with an identity.
///
/// Within its source an event is named by `sequence` and [`path`](Event::path). The source assigns
/// the sequence, strictly rising and the same on every replay; the path tells the results of one
/// source event apart. Together with the source's id (which the [`Batch`](super::Batch) holds) this
/// is the key by which a sink can recognise what it has already.
#[derive(Clone, Debug)]
pub struct Event {
    event_type: EventType,
    payload: Payload,
    sequence: u64,
    path: Path,
    timestamp: Option<SystemTime>,
    metadata: Metadata,
}

impl Event {
    /// An event as a source emits it.
    #[must_use]
    pub fn new(event_type: EventType, sequence: u64, payload: Payload) -> Self {
        Self {
            event_type,
            payload,
            sequence,
            path: Path::root(),
            timestamp: None,
            metadata: Metadata::default(),
        }
    }

    /// The `index`-th result that a processor makes of this event.
    ///
    /// Keeps the sequence and the timestamp, starts with empty metadata, and extends the path by
    /// `index`, which must differ between the results of one event and be the same on every replay.
    #[must_use]
    pub fn derive(&self, index: u32, event_type: EventType, payload: Payload) -> Self {
        Self {
            event_type,
            payload,
            sequence: self.sequence,
            path: self.path.child(index),
            timestamp: self.timestamp,
            metadata: Metadata::default(),
        }
    }

    /// The same event at the given moment of its own time line (not of its processing).
    #[must_use]
    pub fn at(mut self, timestamp: SystemTime) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// The same event with other metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// The same event with this path: for a transport that puts together an event that came from
    /// elsewhere. Processors [`derive`](Event::derive).
    #[must_use]
    pub fn with_path(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// What kind of record this is.
    #[must_use]
    pub const fn event_type(&self) -> &EventType {
        &self.event_type
    }

    /// What it carries.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The number that its source gave to the source event this one comes from.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Which of the results of that source event it is.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// When it happened, if the source knows.
    #[must_use]
    pub const fn timestamp(&self) -> Option<SystemTime> {
        self.timestamp
    }

    /// The labels that travel beside the payload.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    pub(crate) fn size(&self) -> usize {
        self.payload.size() + self.metadata.size()
    }

    /// Marks the event as having come through the `index`-th of several edges from one source.
    pub(crate) fn through_edge(mut self, index: u32) -> Self {
        self.path = self.path.child(index);
        self
    }
}
