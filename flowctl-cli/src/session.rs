use std::sync::Arc;

use flowctl_core::{Connector, Executor, Registry};
use flowctl_stellar::register_console;
use serde::Serialize;
use serde_json::Value;

use crate::{
    arguments::{Form, Global},
    error::CliError,
    flowctl::Flowctl,
    terminal::{Palette, Screen, Stream, Surroundings, Tone},
};

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) registry: Registry,
    pub(crate) connectors: Vec<Arc<dyn Connector>>,
    pub(crate) executors: Vec<Arc<dyn Executor>>,
    pub(crate) screen: Screen,
    /// How tones become colours on stdout.
    pub(crate) answers: Palette,
    pub(crate) form: Form,
    pub(crate) utc: bool,
    pub(crate) verbosity: u8,
}

/// The version of the JSON output. Fields are added within a version, never changed or removed.
const SCHEMA: u8 = 1;

impl Session {
    pub(crate) fn new(flowctl: Flowctl, global: &Global) -> Self {
        let Flowctl {
            mut registry,
            connectors,
            executors,
        } = flowctl;
        let surroundings = Surroundings::of_stderr();
        let human = global.output == Form::Human;
        let palette = Palette {
            coloured: human && surroundings.palette(global.color).coloured,
        };
        let stdout = Surroundings::of_stdout();
        let answers = Palette {
            coloured: human && stdout.palette(global.color).coloured,
        };
        let screen = Screen::new(palette, human && surroundings.is_live());
        let stdout = screen.writer(Stream::Stdout);
        // A registry that has its own `console` keeps it.
        let _ = register_console(&mut registry, move || Box::new(stdout.clone()));
        Self {
            registry,
            connectors,
            executors,
            screen,
            answers,
            form: global.output,
            utc: global.utc,
            verbosity: global.verbose,
        }
    }

    /// Gives what was asked for: text for people, or one object.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) fn answer<T: Serialize>(
        &self,
        kind: &str,
        fields: &T,
        text: &str,
    ) -> Result<(), CliError> {
        let mut text = match self.form {
            Form::Human => text.to_owned(),
            Form::Json => object(kind, fields),
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.screen.answer(&text).map_err(CliError::Unwritable)
    }

    /// Tells what goes on: text for people, or one object.
    pub(crate) fn tell<T: Serialize>(
        &self,
        kind: &str,
        fields: &T,
        text: impl FnOnce(Palette) -> String,
    ) {
        match self.form {
            Form::Human => self.screen.tell(&text(self.screen.palette())),
            Form::Json => self.screen.tell(&object(kind, fields)),
        }
    }

    /// Tells people something that objects need not say.
    pub(crate) fn tell_people(&self, tone: Tone, text: &str) {
        if self.form == Form::Human {
            self.screen.tell(&self.screen.palette().paint(tone, text));
        }
    }

    /// Tells why a command failed.
    pub(crate) fn tell_error(&self, error: &CliError) {
        match error {
            CliError::Spec(errors) => self.tell("problems", errors, |palette| {
                colour_headlines(palette, &errors.to_string())
            }),
            _ => {
                let failure = error.failure();
                self.tell("error", &failure, |palette| failure.text(palette));
            }
        }
    }
}

/// One object on one line: the version of its form, what it is, and its own fields.
fn object<T: Serialize>(kind: &str, fields: &T) -> String {
    let mut object = serde_json::Map::new();
    object.insert("schema".to_owned(), SCHEMA.into());
    object.insert("type".to_owned(), kind.into());
    match serde_json::to_value(fields) {
        Ok(Value::Object(fields)) => fields.into_iter().for_each(|(name, value)| {
            object.entry(name).or_insert(value);
        }),
        Ok(value) => drop(object.insert("value".to_owned(), value)),
        Err(error) => drop(object.insert("unwritable".to_owned(), error.to_string().into())),
    }
    Value::Object(object).to_string()
}

/// Diagnostics come as plain text; the parts that a reader looks for first get a colour.
pub(crate) fn colour_headlines(palette: Palette, text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(": ") {
        Some((label, rest)) if label.starts_with("error[") => {
            format!(
                "{} {}",
                palette.paint(Tone::Error, &format!("{label}:")),
                palette.paint(Tone::Strong, rest)
            )
        }
        Some((label, rest)) if label.starts_with("warning[") => {
            format!(
                "{} {}",
                palette.paint(Tone::Warning, &format!("{label}:")),
                palette.paint(Tone::Strong, rest)
            )
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
