use std::sync::Arc;

use super::{Event, Position};
use crate::ComponentId;

/// The unit that moves: events of one source, in order, with how far they bring the stream.
///
/// Immutable and shared; a clone is one reference count. The runner keeps its own while a call is
/// under way, which is what makes a retry possible at any time.
///
/// The events' sequences do not fall, none is above [`through`](Batch::through), and batches that
/// follow each other on an edge have rising `through`. A batch may hold no event: it then only says
/// that the stream has come this far and that nothing up to here is for its reader.
#[derive(Clone, Debug)]
pub struct Batch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: ComponentId,
    through: u64,
    size: usize,
    events: Vec<Event>,
}

impl Batch {
    /// A batch of events of `source` that completes the stream up to `through`.
    ///
    /// The runner makes the batches of a run; tests of components make their own.
    #[must_use]
    pub fn new(source: ComponentId, through: u64, events: Vec<Event>) -> Self {
        let size = events.iter().map(Event::size).sum();
        Self(Arc::new(Inner {
            source,
            through,
            size,
            events,
        }))
    }

    /// The source that the events come from, however many processors they passed.
    #[must_use]
    pub fn source(&self) -> &ComponentId {
        &self.0.source
    }

    /// The sequence up to which the stream of the source is complete with this batch.
    #[must_use]
    pub fn through(&self) -> u64 {
        self.0.through
    }

    /// The events, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.0.events
    }

    /// What the batch counts against the bounds of queues, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// The same stretch of the stream with other events.
    pub(crate) fn with_events(&self, events: Vec<Event>) -> Self {
        Self::new(self.source().clone(), self.through(), events)
    }

    /// The same stretch of the stream, with only the events that `keep` takes.
    ///
    /// Shares this batch where it takes them all.
    pub(crate) fn filter(&self, keep: impl Fn(&Event) -> bool) -> Self {
        if self.events().iter().all(&keep) {
            return self.clone();
        }
        self.with_events(
            self.events()
                .iter()
                .filter(|event| keep(event))
                .cloned()
                .collect(),
        )
    }
}

/// What a source hands out in one go.
///
/// The events' sequences rise strictly, within the batch and from batch to batch, and none is above
/// `through.sequence`; the runner refuses a batch that breaks this. Events with the same sequence are
/// one record that was split on its way: their paths rise, and they are all in one batch. When everything in it is
/// durable, the stream counts as complete up to `through`, which may be past the last event: a
/// source that skipped a stretch says so here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceBatch {
    /// The events, in order.
    pub events: Vec<Event>,
    /// How far the stream is complete with them.
    pub through: Position,
}

impl SourceBatch {
    /// A batch that completes the stream up to `through`.
    #[must_use]
    pub const fn new(events: Vec<Event>, through: Position) -> Self {
        Self { events, through }
    }
}
