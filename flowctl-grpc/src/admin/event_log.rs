use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use flowctl_core::{
    ComponentId, Outcome,
    run::{ComponentState, RunEvent, RunEventKind},
};
use tokio::sync::watch;

/// Events that are kept; older ones are only counted.
const KEPT: usize = 4096;

/// What happened in a run, numbered from 1.
#[derive(Debug)]
pub(super) struct EventLog {
    told: Mutex<Told>,
    /// The number of the newest event.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Told {
    events: VecDeque<(u64, RunEvent)>,
    newest: u64,
    components: BTreeMap<ComponentId, Facts>,
    error: Option<String>,
    outcome: Option<Outcome>,
}

/// What the events say of a component and its status does not.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Since when it is in its state.
    pub(super) since: SystemTime,
    /// When its present generation was started.
    pub(super) started: Option<SystemTime>,
    /// What went wrong last, while that matters.
    pub(super) reason: Option<String>,
    generation: u32,
}

/// What a reader is given.
#[derive(Debug)]
pub(super) enum Read {
    /// The next event.
    Event(u64, RunEvent),
    /// The events up to this number are not kept any more; so many of them the reader has not seen.
    Gone(u64, u64),
    /// There is none yet.
    Nothing,
    /// There will be none.
    Over,
}

impl EventLog {
    pub(super) fn new() -> Self {
        Self {
            told: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }

    pub(super) fn push(&self, event: RunEvent) {
        let newest = {
            let mut told = self.told();
            told.take_in(&event);
            told.newest += 1;
            let number = told.newest;
            told.events.push_back((number, event));
            if told.events.len() > KEPT {
                told.events.pop_front();
            }
            number
        };
        self.newest.send_replace(newest);
    }

    /// What follows the event with this number.
    pub(super) fn after(&self, number: u64) -> Read {
        let told = self.told();
        let oldest = told
            .events
            .front()
            .map_or(told.newest + 1, |(oldest, _)| *oldest);
        if number + 1 < oldest {
            return Read::Gone(oldest - 1, oldest - 1 - number);
        }
        let at = usize::try_from(number + 1 - oldest).unwrap_or(usize::MAX);
        match told.events.get(at) {
            Some((number, event)) => Read::Event(*number, event.clone()),
            None if told.outcome.is_some() => Read::Over,
            None => Read::Nothing,
        }
    }

    /// The number of the newest event, now and whenever it changes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    pub(super) fn facts(&self, component: &ComponentId) -> Option<Facts> {
        self.told().components.get(component).cloned()
    }

    /// How the run ended, and its first error.
    pub(super) fn outcome(&self) -> Option<(Outcome, Option<String>)> {
        let told = self.told();
        told.outcome.map(|outcome| (outcome, told.error.clone()))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn take_in(&mut self, event: &RunEvent) {
        let fresh = || Facts {
            since: event.at,
            started: None,
            reason: None,
            generation: 0,
        };
        match &event.kind {
            RunEventKind::State {
                component,
                generation,
                state,
            } => {
                let facts = self.components.entry(component.clone());
                let facts = facts.or_insert_with(fresh);
                facts.since = event.at;
                if *generation > facts.generation {
                    facts.generation = *generation;
                    facts.started = Some(event.at);
                }
                if matches!(state, ComponentState::Ready | ComponentState::Idle) {
                    facts.reason = None;
                }
            }
            RunEventKind::Retrying {
                component, error, ..
            } => {
                let facts = self.components.entry(component.clone());
                facts.or_insert_with(fresh).reason = Some(error.clone());
            }
            RunEventKind::Failed { component, error } => {
                let text = match component {
                    Some(component) => format!("{component}: {error}"),
                    None => error.clone(),
                };
                if let Some(component) = component {
                    let facts = self.components.entry(component.clone());
                    facts.or_insert_with(fresh).reason = Some(error.clone());
                }
                self.error.get_or_insert(text);
            }
            RunEventKind::Restarting { .. } => self.error = None,
            RunEventKind::Ended(outcome) => self.outcome = Some(*outcome),
            _ => {}
        }
    }
}
