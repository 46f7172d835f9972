use std::{error::Error, fmt};

use crate::{BoxError, event::Path};

/// What went wrong inside a component, and what its author wants to happen now.
#[derive(Debug)]
pub struct ComponentError {
    message: String,
    disposition: Disposition,
    help: Option<String>,
    source: Option<BoxError>,
}

/// What should happen after an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// Nothing said: no retry, straight to the component's failure policy.
    Unspecified,
    /// The same call may well succeed later: retry, then the failure policy.
    Retry,
    /// These events, named by sequence and path, can never be taken; the rest of the batch can. Whether
    /// they are left out, become dead letters, or end the run is the component's failure policy.
    Skip(Vec<(u64, Path)>),
    /// The component cannot go on; no policy helps.
    Stop,
}

impl ComponentError {
    /// An error that says nothing about what should happen.
    ///
    /// The message is a lowercase fragment that says what failed at this level; causes go into
    /// [`caused_by`](ComponentError::caused_by).
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self::with(message, Disposition::Unspecified)
    }

    /// An error that a later attempt may not meet.
    #[must_use]
    pub fn retry(message: impl Into<String>) -> Self {
        Self::with(message, Disposition::Retry)
    }

    /// An error of single events; the rest of the batch is fine.
    #[must_use]
    pub fn skip(message: impl Into<String>, events: Vec<(u64, Path)>) -> Self {
        Self::with(message, Disposition::Skip(events))
    }

    /// An error after which the component cannot go on.
    #[must_use]
    pub fn stop(message: impl Into<String>) -> Self {
        Self::with(message, Disposition::Stop)
    }

    fn with(message: impl Into<String>, disposition: Disposition) -> Self {
        Self {
            message: message.into(),
            disposition,
            help: None,
            source: None,
        }
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with one line on what the user can do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What should happen now.
    #[must_use]
    pub const fn disposition(&self) -> &Disposition {
        &self.disposition
    }

    /// Whether a later attempt may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.disposition == Disposition::Retry
    }

    pub(crate) fn take_help(&mut self) -> Option<String> {
        self.help.take()
    }

    /// What the user can do about it, if the component knows.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ComponentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
