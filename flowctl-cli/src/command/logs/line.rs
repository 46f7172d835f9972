use std::time::SystemTime;

use flowctl_core::{executor::Stream, run::ComponentLine};
use flowctl_grpc::proto::admin::{LogLine, LogStream};
use serde::Serialize;

use crate::{
    clock,
    terminal::{Palette, Tone},
    text::printable,
};

/// One line that a component wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// RFC 3339, UTC.
    at: Option<String>,
    pub(super) component: String,
    /// Which of its instances, from 0, and which start of that, from 1.
    instance: u32,
    generation: u32,
    /// `out` or `err`.
    stream: &'static str,
    /// Without the line break; what is not UTF-8 is replaced.
    text: String,
    #[serde(skip)]
    pub(super) when: Option<SystemTime>,
}

impl Line {
    /// A line that the process of a run tells.
    pub(super) fn told(line: LogLine) -> Self {
        let stream = match line.stream() {
            LogStream::Err => "err",
            LogStream::Out | LogStream::Unspecified => "out",
        };
        let when = line.at.and_then(|at| SystemTime::try_from(at).ok());
        Self {
            at: when.map(clock::rfc3339),
            instance: line.instance,
            generation: line.generation,
            stream,
            text: String::from_utf8_lossy(&line.text).into_owned(),
            component: line.component,
            when,
        }
    }

    /// A line that was kept.
    pub(super) fn kept(component: &str, line: &ComponentLine) -> Self {
        Self {
            at: Some(clock::rfc3339(line.line.at)),
            component: component.to_owned(),
            instance: line.instance,
            generation: line.generation,
            stream: match line.line.stream {
                Stream::Err => "err",
                _ => "out",
            },
            text: String::from_utf8_lossy(&line.line.bytes).into_owned(),
            when: Some(line.line.at),
        }
    }

    /// It for people: when, who, in a column `width` wide, and what.
    pub(super) fn text(&self, utc: bool, palette: Palette, colour: usize, width: usize) -> String {
        let at = self.when.map(|at| clock::precise_time(at, utc));
        let at = palette.paint(Tone::Faint, &at.unwrap_or_default());
        let who = format!("{:<width$} |", self.component);
        let who = palette.paint(Tone::Series(colour), &who);
        format!("{at} {who} {}", printable(&self.text))
    }
}
