//! What happens in a run, as messages.

use std::sync::Arc;

use flowctl_core::run::{RunEvent, RunEventKind};
use futures_core::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tonic::Status;

use super::{event_log::Read, served_run::ServedRun};
use crate::{
    control_plane::timestamp,
    proto::admin::{
        Draining, Ended, EventsRequest, EventsResponse, FailedRun, Missed, Opened, Outcome,
        Rejected, Restarting, Retrying, State, events_response::Event,
    },
};

struct Reader {
    run: Arc<ServedRun>,
    newest: watch::Receiver<u64>,
    seen: u64,
    follow: bool,
}

/// The events after `since` and, with `follow`, those to come, until the run is over.
pub(super) fn events(
    run: Arc<ServedRun>,
    asked: &EventsRequest,
) -> impl Stream<Item = Result<EventsResponse, Status>> + Send + 'static {
    let reader = Reader {
        newest: run.event_log().watch(),
        run,
        seen: asked.since,
        follow: asked.follow,
    };
    stream::unfold(reader, |mut reader| async move {
        loop {
            // From here on a change is noticed.
            reader.newest.mark_unchanged();
            match reader.run.event_log().after(reader.seen) {
                Read::Event(number, event) => {
                    reader.seen = number;
                    let event = message(&reader.run, number, event);
                    return Some((Ok(event), reader));
                }
                Read::Gone(until, events) => {
                    reader.seen = until;
                    let missed = EventsResponse {
                        number: until,
                        at: None,
                        event: Some(Event::Missed(Missed { events })),
                    };
                    return Some((Ok(missed), reader));
                }
                Read::Over => return None,
                Read::Nothing if !reader.follow => return None,
                Read::Nothing => reader.newest.changed().await.ok()?,
            }
        }
    })
}

fn message(run: &ServedRun, number: u64, event: RunEvent) -> EventsResponse {
    EventsResponse {
        number,
        at: Some(timestamp(event.at)),
        event: Some(kind(run, event.kind)),
    }
}

fn kind(run: &ServedRun, kind: RunEventKind) -> Event {
    match kind {
        RunEventKind::State {
            component,
            generation,
            state,
        } => Event::State(State {
            component: component.to_string(),
            generation,
            state: state.as_str().to_owned(),
            reason: String::new(),
        }),
        RunEventKind::Opened { component, after } => Event::Opened(Opened {
            component: component.to_string(),
            after,
        }),
        RunEventKind::Retrying {
            component,
            attempt,
            error,
        } => Event::Retrying(Retrying {
            component: component.to_string(),
            attempt,
            error,
        }),
        RunEventKind::Rejected {
            component,
            events,
            reason,
            dead_lettered,
        } => Event::Rejected(Rejected {
            component: component.to_string(),
            events,
            reason,
            dead_lettered,
        }),
        RunEventKind::Draining => Event::Draining(Draining {}),
        RunEventKind::Failed { component, error } => Event::Failed(FailedRun {
            component: component.map(|id| id.to_string()).unwrap_or_default(),
            error,
        }),
        RunEventKind::Restarting { generation } => Event::Restarting(Restarting { generation }),
        RunEventKind::Missed(events) => Event::Missed(Missed { events }),
        RunEventKind::Ended(outcome) => {
            let error = run.event_log().outcome().and_then(|(_, error)| error);
            Event::Ended(Ended {
                outcome: Some(Outcome {
                    outcome: outcome.as_str().to_owned(),
                    error: error.unwrap_or_default(),
                    ..Outcome::default()
                }),
            })
        }
        other => Event::Other(format!("{other:?}")),
    }
}
