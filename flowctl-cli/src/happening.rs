//! What happens in a run, as an object and as a line.

use std::time::SystemTime;

use flowctl_core::run::{RunEvent, RunEventKind};
use flowctl_grpc::proto::admin::{EventsResponse, events_response::Event};
use serde::Serialize;

use crate::{
    clock,
    terminal::{Palette, Tone},
    text::{
        number::{count, counted},
        printable,
    },
};

/// One thing that happened. Fields that do not belong to its kind are absent.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) struct Happening {
    /// RFC 3339, UTC.
    at: String,
    pub(crate) event: &'static str,
    #[serde(skip)]
    when: Option<SystemTime>,
    /// Its place among the events of its run, from 1, where another process tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// Of a source that was opened: it begins after this one; absent: at its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_lettered: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<String>,
}

impl Happening {
    fn at(when: SystemTime) -> Self {
        Self {
            at: clock::rfc3339(when),
            when: Some(when),
            ..Self::default()
        }
    }

    /// When it happened.
    pub(crate) fn when(&self) -> SystemTime {
        self.when.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// What a run of this process tells; `None` for kinds that this version does not know.
    pub(crate) fn of_run(event: &RunEvent) -> Option<Self> {
        let mut this = Self::at(event.at);
        match &event.kind {
            RunEventKind::State {
                component,
                generation,
                state,
            } => {
                this.event = "state";
                this.component = Some(component.to_string());
                this.generation = Some(*generation);
                this.state = Some(state.as_str().to_owned());
            }
            RunEventKind::Opened { component, after } => {
                this.event = "opened";
                this.component = Some(component.to_string());
                this.after = *after;
            }
            RunEventKind::Retrying {
                component,
                attempt,
                error,
            } => {
                this.event = "retrying";
                this.component = Some(component.to_string());
                this.attempt = Some(*attempt);
                this.reason = Some(error.clone());
            }
            RunEventKind::Rejected {
                component,
                events,
                reason,
                dead_lettered,
            } => {
                this.event = "rejected";
                this.component = Some(component.to_string());
                this.events = Some(*events);
                this.reason = Some(reason.clone());
                this.dead_lettered = Some(*dead_lettered);
            }
            RunEventKind::Draining => this.event = "draining",
            RunEventKind::Failed { component, error } => {
                this.event = "failed";
                this.component = component.as_ref().map(ToString::to_string);
                this.reason = Some(error.clone());
            }
            RunEventKind::Restarting { generation } => {
                this.event = "restarting";
                this.generation = Some(*generation);
            }
            RunEventKind::Missed(events) => {
                this.event = "missed";
                this.events = Some(*events);
            }
            RunEventKind::Ended(outcome) => {
                this.event = "ended";
                this.outcome = Some(outcome.as_str().to_owned());
            }
            _ => return None,
        }
        Some(this)
    }

    /// What the process of a run tells.
    pub(crate) fn told(event: EventsResponse) -> Option<Self> {
        let when = event.at.and_then(|at| SystemTime::try_from(at).ok());
        let mut this = Self::at(when.unwrap_or_else(SystemTime::now));
        this.number = Some(event.number);
        match event.event? {
            Event::State(state) => {
                this.event = "state";
                this.component = Some(state.component);
                this.generation = Some(state.generation);
                this.state = Some(state.state);
                this.reason = Some(state.reason).filter(|reason| !reason.is_empty());
            }
            Event::Opened(opened) => {
                this.event = "opened";
                this.component = Some(opened.component);
                this.after = opened.after;
            }
            Event::Retrying(retrying) => {
                this.event = "retrying";
                this.component = Some(retrying.component);
                this.attempt = Some(retrying.attempt);
                this.reason = Some(retrying.error);
            }
            Event::Rejected(rejected) => {
                this.event = "rejected";
                this.component = Some(rejected.component);
                this.events = Some(rejected.events);
                this.reason = Some(rejected.reason);
                this.dead_lettered = Some(rejected.dead_lettered);
            }
            Event::Draining(_) => this.event = "draining",
            Event::Failed(failed) => {
                this.event = "failed";
                this.component = Some(failed.component).filter(|id| !id.is_empty());
                this.reason = Some(failed.error);
            }
            Event::Restarting(restarting) => {
                this.event = "restarting";
                this.generation = Some(restarting.generation);
            }
            Event::Missed(missed) => {
                this.event = "missed";
                this.events = Some(missed.events);
            }
            Event::Ended(ended) => {
                this.event = "ended";
                let outcome = ended.outcome.unwrap_or_default();
                this.outcome = Some(outcome.outcome);
                this.reason = Some(outcome.error).filter(|error| !error.is_empty());
            }
            Event::Other(text) => {
                this.event = "other";
                this.reason = Some(text);
            }
        }
        Some(this)
    }

    /// Whether somebody who watches a run wants a line of it: what the table, the report and the last
    /// line show anyway is left out.
    pub(crate) fn is_for_watchers(&self) -> bool {
        matches!(self.event, "opened" | "retrying" | "rejected" | "missed")
    }

    /// It as a line.
    pub(crate) fn line(&self, utc: bool, palette: Palette) -> String {
        let (tone, text) = self.text();
        line(self.when(), utc, palette, tone, &text)
    }

    fn text(&self) -> (Tone, String) {
        let component = self.component.as_deref().unwrap_or("the run");
        let reason = printable(self.reason.as_deref().unwrap_or_default());
        let because = match reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        match self.event {
            "state" => {
                let state = self.state.as_deref().unwrap_or_default();
                let tone = match state {
                    "failed" => Tone::Error,
                    "retrying" | "backing off" => Tone::Warning,
                    _ => Tone::Plain,
                };
                (tone, format!("{component} is {state}{because}"))
            }
            "opened" => match self.after {
                None => (Tone::Plain, format!("{component} begins at its beginning")),
                Some(after) => (Tone::Plain, format!("{component} resumes after {after}")),
            },
            "retrying" => {
                let attempt = self.attempt.unwrap_or(0);
                let text = format!("{component} tries again (attempt {attempt}){because}");
                (Tone::Warning, text)
            }
            "rejected" => {
                let events = counted(self.events.unwrap_or(0), "event");
                let became = match self.dead_lettered {
                    Some(true) => "as dead letters",
                    _ => "dropped",
                };
                let text = format!("{component} cannot take {events}, {became}{because}");
                (Tone::Warning, text)
            }
            "draining" => (Tone::Strong, "draining".to_owned()),
            "failed" => (Tone::Error, format!("{component} failed{because}")),
            "restarting" => {
                let start = self.generation.unwrap_or(0);
                (Tone::Warning, format!("starts again (start {start})"))
            }
            "missed" => {
                let more = count(self.events.unwrap_or(0));
                (Tone::Faint, format!("{more} more things happened"))
            }
            "ended" => {
                let outcome = self.outcome.as_deref().unwrap_or("ended");
                let tone = match outcome {
                    "completed" | "drained" => Tone::Good,
                    "forced" => Tone::Warning,
                    _ => Tone::Error,
                };
                (tone, format!("{outcome}{because}"))
            }
            _ => (Tone::Plain, reason),
        }
    }
}

/// A text with its time before it.
pub(crate) fn line(at: SystemTime, utc: bool, palette: Palette, tone: Tone, text: &str) -> String {
    let time = palette.paint(Tone::Faint, &clock::time(at, utc));
    format!("  {time} {}", palette.paint(tone, text))
}
