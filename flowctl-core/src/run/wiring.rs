//! What the tasks of a run share, and the edges between them.

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
    /// The event type of dead letters; `None`: the component has nowhere to send them.
    pub(super) event_type: Option<EventType>,
}

impl DeadLetters {
    /// The letters for rejected events of `batch`; counts and tells of them either way.
    pub(super) fn take(
        &self,
        batch: &Batch,
        rejected: &[Rejected],
        counters: &Counters,
        teller: &Teller,
    ) -> Vec<Event> {
        let Some(first) = rejected.first() else {
            return Vec::new();
        };
        let events = rejected.len() as u64;
        match self.event_type {
            Some(_) => counters.dead_lettered(rejected.len()),
            None => counters.dropped("skipped after an error", events),
        }
        teller.tell(RunEventKind::Rejected {
            component: self.component.clone(),
            events,
            reason: first.reason.clone(),
            dead_lettered: self.event_type.is_some(),
        });
        let letters = self.event_type.iter().flat_map(|event_type| {
            rejected.iter().map(|rejected| {
                let (event, reason) = (&rejected.event, &rejected.reason);
                DeadLetter::wrap(
                    event,
                    batch.source(),
                    &self.component,
                    reason,
                    &self.codecs,
                    event_type,
                )
            })
        });
        letters.collect()
    }

    /// The letter for one event that the edge to `to` had no room for.
    pub(super) fn letter(
        &self,
        event: &Event,
        batch: &Batch,
        to: &ComponentId,
        reason: &str,
    ) -> Event {
        match &self.event_type {
            Some(event_type) => {
                DeadLetter::wrap(event, batch.source(), to, reason, &self.codecs, event_type)
            }
            None => event.clone(),
        }
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
}

/// Shows a component in another state, and tells of it.
pub(super) fn enter(counters: &Counters, teller: &Teller, state: ComponentState) {
    if counters.enter(state.clone()) {
        let generation = counters.status().generation;
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
    let kind = match error.try_into_panic() {
        Ok(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            RunErrorKind::Panicked {
                message: message.to_owned(),
            }
        }
        Err(_) => RunErrorKind::Forced,
    };
    RunError::new(kind)
}
