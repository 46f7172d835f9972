use crate::event::Event;

/// What a processor makes of one batch.
///
/// Events are emitted in the order of the input events they come from. Emitting nothing is a
/// complete answer: the input then counts as done.
#[derive(Debug, Default)]
pub struct Output {
    events: Vec<Event>,
}

impl Output {
    /// An output with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self { events: Vec::new() }
    }

    /// Adds one event: an input event as it came, or one [derived](Event::derive) from it.
    pub fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events, in order.
    #[must_use]
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }
}

impl From<Vec<Event>> for Output {
    fn from(events: Vec<Event>) -> Self {
        Self { events }
    }
}

impl Extend<Event> for Output {
    fn extend<I: IntoIterator<Item = Event>>(&mut self, events: I) {
        self.events.extend(events);
    }
}
