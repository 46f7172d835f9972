//! An error as a person reads it: headline, causes, help. Pure.

use std::error::Error;

use serde::Serialize;

use crate::terminal::{Palette, Tone};

/// What an error says, each level of its causes once.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    /// The component that failed, if it was one.
    pub(crate) component: Option<String>,
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
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
            code,
            component: None,
            message,
            causes,
            help: None,
        }
    }

    /// The same with the component it is about.
    pub(crate) fn of(mut self, component: Option<impl ToString>) -> Self {
        self.component = component.map(|component| component.to_string());
        self
    }

    /// The same with one line of help.
    pub(crate) fn with_help(mut self, help: Option<&str>) -> Self {
        self.help = help.map(str::to_owned);
        self
    }

    /// The lines that a person reads.
    pub(crate) fn text(&self, palette: Palette) -> String {
        let label = palette.paint(Tone::Error, &format!("error[{}]:", self.code));
        let mut text = format!("{label} {}", palette.paint(Tone::Strong, &self.message));
        for cause in &self.causes {
            text.push_str("\n  because  ");
            text.push_str(&cause.replace('\n', "\n           "));
        }
        let help = self
            .help
            .clone()
            .unwrap_or_else(|| format!("`flowctl explain {}` tells more", self.code));
        text.push_str(&format!(
            "\n  {} {help}",
            palette.paint(Tone::Help, "help:")
        ));
        text
    }
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
