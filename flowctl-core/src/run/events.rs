use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::SystemTime,
};

use futures_core::Stream;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::broadcast;

use super::{report::Outcome, status::ComponentState};
use crate::ComponentId;

/// Something that happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunEvent {
    /// When, by the wall clock.
    pub at: SystemTime,
    /// What.
    pub kind: RunEventKind,
}

/// What can happen in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunEventKind {
    /// A component is in another state.
    State {
        /// The component.
        component: ComponentId,
        /// Which start of it.
        generation: u32,
        /// The state it is in now.
        state: ComponentState,
    },
    /// A source was opened.
    Opened {
        /// The source.
        component: ComponentId,
        /// It begins after this sequence; `None`: at its beginning.
        after: Option<u64>,
    },
    /// A call failed and is made again after a pause.
    Retrying {
        /// The component.
        component: ComponentId,
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// What went wrong, with all causes.
        error: String,
    },
    /// Events were given up on.
    Rejected {
        /// The component that could not take them.
        component: ComponentId,
        /// How many.
        events: u64,
        /// Why, with all causes.
        reason: String,
        /// Whether they became dead letters; otherwise they are only counted.
        dead_lettered: bool,
    },
    /// The run was asked to stop: sources stand still, the rest finishes what is in flight.
    Draining,
    /// A component failed.
    Failed {
        /// The component.
        component: Option<ComponentId>,
        /// What went wrong, with all causes.
        error: String,
    },
    /// The run failed and starts again.
    Restarting {
        /// Which start comes next, from 2.
        generation: u32,
    },
    /// The reader was too slow; this many events are missing here.
    Missed(u64),
    /// The run is over. Nothing follows.
    Ended(Outcome),
}

/// The events of a run. Ends after [`RunEventKind::Ended`]; a reader that is too slow is told how many
/// it missed.
pub struct RunEvents(Pin<Box<dyn Stream<Item = RunEvent> + Send>>);

impl Stream for RunEvents {
    type Item = RunEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<RunEvent>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl std::fmt::Debug for RunEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunEvents")
    }
}

/// Where the parts of a run tell what happens.
#[derive(Clone, Debug)]
pub(crate) struct Teller(Arc<Told>);

#[derive(Debug)]
struct Told {
    listeners: broadcast::Sender<RunEvent>,
    /// How the run ended, for those who ask later.
    ended: Mutex<Option<RunEvent>>,
}

/// Events that a slow reader may be behind before it misses some.
const KEPT: usize = 1024;

impl Teller {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Told {
            listeners: broadcast::channel(KEPT).0,
            ended: Mutex::default(),
        }))
    }

    pub(crate) fn tell(&self, kind: RunEventKind) {
        let event = RunEvent {
            at: SystemTime::now(),
            kind,
        };
        let mut ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(event.kind, RunEventKind::Ended(_)) {
            *ended = Some(event.clone());
        }
        // Nobody listening is fine.
        let _ = self.0.listeners.send(event);
    }

    pub(crate) fn listen(&self) -> RunEvents {
        let ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(end) = ended.clone() {
            return RunEvents(Box::pin(stream::iter([end])));
        }
        let listener = Some(self.0.listeners.subscribe());
        let events = stream::unfold(listener, |listener| async {
            let mut listener = listener?;
            let event = match listener.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(missed)) => RunEvent {
                    at: SystemTime::now(),
                    kind: RunEventKind::Missed(missed),
                },
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            let over = matches!(event.kind, RunEventKind::Ended(_));
            Some((event, (!over).then_some(listener)))
        });
        // Who selects over several streams asks again after the end.
        RunEvents(Box::pin(events.fuse()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_after_the_end_is_told_again_that_it_is_over() {
        let teller = Teller::new();
        let mut events = teller.listen();
        teller.tell(RunEventKind::Ended(Outcome::Completed));
        assert!(events.next().await.is_some());
        for _ in 0..2 {
            assert!(events.next().await.is_none());
        }
    }
}
