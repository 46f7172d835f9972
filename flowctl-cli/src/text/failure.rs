//! An error as a person reads it: headline, causes, help. Pure.

use std::error::Error;

use serde::Serialize;

use crate::terminal::{Palette, Tone};

/// What an error says, each level of its causes once.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    /// The stable code; `None`: only the process of the run knows it.
    pub(crate) code: Option<&'static str>,
    /// The component that failed, if it was one.
    pub(crate) component: Option<String>,
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    /// The last lines that the component wrote, where it runs outside this process.
    pub(crate) last_lines: Vec<String>,
    /// The components that waited for it in vain.
    pub(crate) blocked: Vec<String>,
    pub(crate) help: Option<String>,
}

impl Failure {
    /// What `error` and its causes say.
    pub(crate) fn new(code: &'static str, error: &dyn Error) -> Self {
        let mut causes: Vec<String> = Vec::new();
        let message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Errors of other libraries repeat what their cause says.
            let told = causes.last().unwrap_or(&message);
            if !told.ends_with(&text) {
                causes.push(text);
            }
            cause = error.source();
        }
        Self {
            code: Some(code),
            component: None,
            message,
            causes,
            last_lines: Vec::new(),
            blocked: Vec::new(),
            help: None,
        }
    }

    /// What the process of a run told of its error, causes and all.
    pub(crate) fn told(message: String) -> Self {
        Self {
            code: None,
            component: None,
            message,
            causes: Vec::new(),
            last_lines: Vec::new(),
            blocked: Vec::new(),
            help: None,
        }
    }

    /// The same with the component it is about.
    pub(crate) fn of(mut self, component: Option<impl ToString>) -> Self {
        self.component = component.map(|component| component.to_string());
        self
    }

    /// The same with what the component wrote last, and who waited for it.
    pub(crate) fn at_start(mut self, last_lines: &[String], blocked: &[impl ToString]) -> Self {
        self.last_lines = last_lines.to_vec();
        self.blocked = blocked.iter().map(ToString::to_string).collect();
        self
    }

    /// The same with one line of help.
    pub(crate) fn with_help(mut self, help: Option<&str>) -> Self {
        self.help = help.map(str::to_owned);
        self
    }

    /// The lines that a person reads.
    pub(crate) fn text(&self, palette: Palette) -> String {
        let code = self.code.map(|code| format!("[{code}]"));
        let label = format!("error{}:", code.unwrap_or_default());
        let label = palette.paint(Tone::Error, &label);
        let mut text = format!("{label} {}", palette.paint(Tone::Strong, &self.message));
        for cause in &self.causes {
            text.push_str("\n  because  ");
            text.push_str(&cause.replace('\n', "\n           "));
        }
        if !self.blocked.is_empty() {
            let blocked = self.blocked.join(", ");
            text.push_str(&format!("\n  waited for it in vain: {blocked}"));
        }
        if !self.last_lines.is_empty() {
            text.push_str("\n  its last lines:");
            let of = self.component.as_deref().unwrap_or("?");
            for line in &self.last_lines {
                let of = palette.paint(Tone::Faint, &format!("{of} |"));
                text.push_str(&format!("\n    {of} {}", printable(line)));
            }
        }
        let page = |code| format!("`flowctl explain {code}` tells more");
        if let Some(help) = self.help.clone().or_else(|| self.code.map(page)) {
            let label = palette.paint(Tone::Help, "help:");
            text.push_str(&format!("\n  {label} {help}"));
        }
        text
    }
}

/// A line that somebody else wrote, without what could move the cursor or change colours.
pub(crate) fn printable(line: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    line.trim_end().chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Level(&'static str, #[source] Option<Box<Self>>);

    const PLAIN: Palette = Palette { coloured: false };

    #[test]
    fn an_error_is_a_headline_its_causes_and_help() {
        let error = Level(
            "`store` did not start",
            Some(Box::new(Level("cannot open `a.db`", None))),
        );
        let failure = Failure::new("F301", &error).with_help(Some("make the folder first"));
        assert_eq!(
            failure.text(PLAIN),
            "error[F301]: `store` did not start\n  because  cannot open `a.db`\n  help: make the folder first"
        );
    }

    #[test]
    fn a_program_that_did_not_come_up_is_shown_with_its_lines_and_who_waited() {
        let error = Level("`a` exited with code 1 before it was ready", None);
        let lines = ["no such host".to_owned(), "\u{1b}[2Jgone".to_owned()];
        let failure = Failure::new("F308", &error)
            .of(Some("a"))
            .at_start(&lines, &["b", "c"])
            .with_help(Some("name the host"));
        assert_eq!(
            failure.text(PLAIN),
            "error[F308]: `a` exited with code 1 before it was ready\n  waited for it in vain: b, c\n  its last lines:\n    a | no such host\n    a | \u{fffd}[2Jgone\n  help: name the host"
        );
    }

    #[test]
    fn a_cause_that_only_repeats_is_left_out() {
        let error = Level("cannot open: gone", Some(Box::new(Level("gone", None))));
        assert!(Failure::new("F301", &error).causes.is_empty());
    }

    #[test]
    fn an_error_without_help_points_to_its_page() {
        let text = Failure::new("R401", &Level("it broke", None)).text(PLAIN);
        assert_eq!(
            text,
            "error[R401]: it broke\n  help: `flowctl explain R401` tells more"
        );
    }
}
