use crate::event::{Batch, Event};

/// What a processor makes of one batch.
///
/// Events are emitted in the order of the input events they come from. Emitting nothing is a
/// complete answer: the input then counts as done.
#[derive(Debug, Default)]
pub struct Output(Made);

#[derive(Debug)]
enum Made {
    Events(Vec<Event>),
    /// The batch itself, shared.
    Unchanged(Batch),
}

impl Default for Made {
    fn default() -> Self {
        Self::Events(Vec::new())
    }
}

impl Output {
    /// An output with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All events of the batch as they came. Costs nothing, however many there are.
    #[must_use]
    pub fn unchanged(batch: &Batch) -> Self {
        Self(Made::Unchanged(batch.clone()))
    }

    /// Adds one event: an input event as it came, or one [derived](Event::derive) from it.
    pub fn emit(&mut self, event: Event) {
        self.extend([event]);
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        match &self.0 {
            Made::Events(events) => events,
            Made::Unchanged(batch) => batch.events(),
        }
    }

    /// The events as a batch that covers the same stretch as `batch`.
    pub(crate) fn into_batch(self, batch: &Batch) -> Batch {
        match self.0 {
            Made::Events(events) => batch.with_events(events),
            // One that covers another stretch has the events all the same.
            Made::Unchanged(same) if same.through() == batch.through() => same,
            Made::Unchanged(other) => batch.with_events(other.events().to_vec()),
        }
    }
}

impl From<Vec<Event>> for Output {
    fn from(events: Vec<Event>) -> Self {
        Self(Made::Events(events))
    }
}

impl Extend<Event> for Output {
    fn extend<I: IntoIterator<Item = Event>>(&mut self, more: I) {
        if let Made::Unchanged(batch) = &self.0 {
            self.0 = Made::Events(batch.events().to_vec());
        }
        if let Made::Events(events) = &mut self.0 {
            events.extend(more);
        }
    }
}
