//! Errors of components, as they travel.

use std::{error::Error, fmt};

use flowctl_core::{ComponentError, Disposition, Path};

use crate::proto::data;

/// The error as a message.
pub(super) fn to_wire(error: &ComponentError) -> data::Failure {
    let mut failure = data::Failure {
        message: error.to_string(),
        help: error.help_text().unwrap_or_default().to_owned(),
        ..data::Failure::default()
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        failure.causes.push(error.to_string());
        cause = error.source();
    }
    let disposition = match error.disposition() {
        Disposition::Retry => data::Disposition::Retry,
        Disposition::Stop => data::Disposition::Stop,
        Disposition::Skip(events) => {
            failure.skip = events
                .iter()
                .map(|(sequence, path)| data::EventName {
                    sequence: *sequence,
                    path: path.steps().to_vec(),
                })
                .collect();
            data::Disposition::Skip
        }
        _ => data::Disposition::Unspecified,
    };
    failure.set_disposition(disposition);
    failure
}

/// The message as an error.
pub(super) fn from_wire(failure: data::Failure) -> ComponentError {
    let disposition = failure.disposition();
    let data::Failure {
        message,
        causes,
        help,
        skip,
        ..
    } = failure;
    let mut error = match disposition {
        data::Disposition::Unspecified => ComponentError::new(message),
        data::Disposition::Retry => ComponentError::retry(message),
        data::Disposition::Stop => ComponentError::stop(message),
        data::Disposition::Skip => {
            let events = skip.iter();
            let events = events.map(|name| (name.sequence, Path::from(&name.path[..])));
            ComponentError::skip(message, events.collect())
        }
    };
    let cause = causes.into_iter().rev().fold(None, |source, message| {
        Some(Box::new(Cause { message, source }))
    });
    if let Some(cause) = cause {
        error = error.caused_by(*cause);
    }
    if !help.is_empty() {
        error = error.help(help);
    }
    error
}

/// A cause that was somewhere else.
#[derive(Debug)]
struct Cause {
    message: String,
    source: Option<Box<Self>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_arrives_as_it_was() {
        let events = vec![(7, Path::root().child(3)), (9, Path::root())];
        for error in [
            ComponentError::new("says nothing"),
            ComponentError::retry("is busy").caused_by(std::io::Error::other("locked")),
            ComponentError::skip("is not a number", events).help("look at it"),
            ComponentError::stop("is gone"),
        ] {
            let again = from_wire(to_wire(&error));
            assert_eq!(again.disposition(), error.disposition());
            assert_eq!(again.help_text(), error.help_text());
            let chain = |error| flowctl_core::Chain(error).to_string();
            assert_eq!(chain(&again), chain(&error));
        }
    }
}
