//! What the tasks of a run share, and the edges between them.

use std::any::Any;

use tokio::task::JoinError;

use super::{
    counters::Counters,
    dead_letter::DeadLetter,
    error::{RunError, RunErrorKind},
    events::{RunEventKind, Teller},
    status::ComponentState,
    step::Rejected,
};
use crate::{
    ComponentId, EventType,
    event::{Batch, Codecs, Event},
    link::Routed,
};

/// Makes dead letters of what a component gave up on, or counts it where there are none.
#[derive(Clone, Debug)]
pub(super) struct DeadLetters {
    pub(super) component: ComponentId,
    pub(super) codecs: Codecs,
    /// The event type of dead letters.
    pub(super) event_type: EventType,
    /// The place of the component that takes them; `None`: what is given up on is only counted.
    pub(super) to: Option<usize>,
}

impl DeadLetters {
    /// The letters for rejected events of `batch`; counts and tells of them either way.
    pub(super) fn take(
        &self,
        batch: &Batch,
        rejected: &[Rejected],
        counters: &Counters,
        teller: &Teller,
    ) -> Vec<(usize, Event)> {
        let Some(first) = rejected.first() else {
            return Vec::new();
        };
        let events = rejected.len() as u64;
        match self.to {
            Some(_) => counters.dead_lettered(rejected.len()),
            None => counters.dropped("skipped after an error", events),
        }
        teller.tell(RunEventKind::Rejected {
            component: self.component.clone(),
            events,
            reason: first.reason.clone(),
            dead_lettered: self.to.is_some(),
        });
        let letters = self.to.iter().flat_map(|to| {
            let letter = |rejected: &Rejected| {
                self.letter(&rejected.event, batch, &self.component, &rejected.reason)
            };
            rejected.iter().map(move |rejected| (*to, letter(rejected)))
        });
        letters.collect()
    }

    /// The letter for one event that `component` could not take.
    pub(super) fn letter(
        &self,
        event: &Event,
        batch: &Batch,
        component: &ComponentId,
        reason: &str,
    ) -> Event {
        let (codecs, event_type) = (&self.codecs, &self.event_type);
        DeadLetter::wrap(event, batch.source(), component, reason, codecs, event_type)
    }
}

/// Counts what became of a batch on its way out of a component.
pub(super) fn count(counters: &Counters, routed: &Routed) {
    for (event_type, events) in &routed.unrouted {
        counters.dropped(format!("unrouted: no edge takes `{event_type}`"), *events);
    }
    for (to, events) in &routed.lagged {
        counters.dropped(format!("no room on the edge to `{to}`"), *events);
    }
    counters.dead_lettered(routed.dead);
}

/// Shows a component in another state, and tells of it.
pub(super) fn enter(counters: &Counters, teller: &Teller, state: ComponentState) {
    if counters.enter(state.clone()) != state {
        let generation = counters.generation();
        teller.tell(RunEventKind::State {
            component: counters.id.clone(),
            generation,
            state,
        });
    }
}

/// What a task that did not end by itself means for its component.
pub(super) fn panicked(component: &ComponentId, error: JoinError) -> RunError {
    panicked_engine(error).of(component)
}

/// What it means that the engine of a run did not end by itself.
pub(super) fn panicked_engine(error: JoinError) -> RunError {
    RunError::new(match error.try_into_panic() {
        Ok(panic) => RunErrorKind::Panicked {
            message: message(&*panic),
        },
        Err(_) => RunErrorKind::Forced,
    })
}

/// What a panic said.
pub(super) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").to_owned()
}
