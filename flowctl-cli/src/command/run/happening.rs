//! What happens in a run, as an object and as a line.

use flowctl_core::run::{RunEvent, RunEventKind};
use serde::Serialize;

use crate::{
    clock,
    terminal::{Palette, Tone},
    text::number::{count, counted},
};

/// One thing that happened. Fields that do not belong to its kind are absent.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) struct Happening {
    /// RFC 3339, UTC.
    at: String,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
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
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

/// The event as an object; `None` for kinds that this version does not know.
pub(super) fn object(event: &RunEvent) -> Option<Happening> {
    let mut object = Happening {
        at: clock::rfc3339(event.at),
        ..Happening::default()
    };
    match &event.kind {
        RunEventKind::State {
            component,
            generation,
            state,
        } => {
            object.event = "state";
            object.component = Some(component.to_string());
            object.generation = Some(*generation);
            object.state = Some(state.as_str());
        }
        RunEventKind::Opened { component, after } => {
            object.event = "opened";
            object.component = Some(component.to_string());
            object.after = *after;
        }
        RunEventKind::Retrying {
            component,
            attempt,
            error,
        } => {
            object.event = "retrying";
            object.component = Some(component.to_string());
            object.attempt = Some(*attempt);
            object.reason = Some(error.clone());
        }
        RunEventKind::Rejected {
            component,
            events,
            reason,
            dead_lettered,
        } => {
            object.event = "rejected";
            object.component = Some(component.to_string());
            object.events = Some(*events);
            object.reason = Some(reason.clone());
            object.dead_lettered = Some(*dead_lettered);
        }
        RunEventKind::Draining => object.event = "draining",
        RunEventKind::Failed { component, error } => {
            object.event = "failed";
            object.component = component.as_ref().map(ToString::to_string);
            object.reason = Some(error.clone());
        }
        RunEventKind::Restarting { generation } => {
            object.event = "restarting";
            object.generation = Some(*generation);
        }
        RunEventKind::Missed(events) => {
            object.event = "missed";
            object.events = Some(*events);
        }
        RunEventKind::Ended(outcome) => {
            object.event = "ended";
            object.outcome = Some(outcome.as_str());
        }
        _ => return None,
    }
    Some(object)
}

/// The event as a line, if people want to know of it: what the table, the report and the last line
/// show anyway is left out.
pub(super) fn line(event: &RunEvent, utc: bool, palette: Palette) -> Option<String> {
    let (tone, text) = match &event.kind {
        RunEventKind::Opened {
            component,
            after: None,
        } => (Tone::Plain, format!("{component} begins at its beginning")),
        RunEventKind::Opened {
            component,
            after: Some(after),
        } => (Tone::Plain, format!("{component} resumes after {after}")),
        RunEventKind::Retrying {
            component,
            attempt,
            error,
        } => (
            Tone::Warning,
            format!("{component} tries again (attempt {attempt}): {error}"),
        ),
        RunEventKind::Rejected {
            component,
            events,
            reason,
            dead_lettered,
        } => {
            let became = if *dead_lettered {
                "as dead letters"
            } else {
                "dropped"
            };
            (
                Tone::Warning,
                format!(
                    "{component} cannot take {}, {became}: {reason}",
                    counted(*events, "event")
                ),
            )
        }
        RunEventKind::Missed(events) => (
            Tone::Faint,
            format!("{} more things happened", count(*events)),
        ),
        _ => return None,
    };
    Some(format!(
        "  {} {}",
        palette.paint(Tone::Faint, &clock::time(event.at, utc)),
        palette.paint(tone, &text)
    ))
}
