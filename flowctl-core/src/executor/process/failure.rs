use std::{
    io,
    path::{Path, PathBuf},
};

use super::{lookup::NotFound, ports::Reserve};
use crate::{
    ComponentId,
    executor::{ExecutorError, ExecutorErrorKind},
};

/// The name of the executor in specs and errors.
pub(super) const NAME: &str = "process";

/// Why something could not be done, before it is known to whom.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("`{0}` is not supported")]
    Unsupported(&'static str),
    #[error("it was started before and has ended")]
    AlreadyExists,
    #[error("it is unknown")]
    NotFound,
    #[error("it still runs")]
    Busy,
    #[error("another process starts it right now")]
    BeingStarted,
    #[error("it cannot be seen from here: {0}")]
    Hidden(String),
    #[error("it did not end although it was killed")]
    NotKilled,
    #[error(transparent)]
    NoProgram(NotFound),
    #[error("`{}` cannot be started", .0.display())]
    NotAProgram(PathBuf, #[source] io::Error),
    #[error("`working_dir` is `{}`, which is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("the secret `{name}` is not there: the variable `{variable}` is not set")]
    NoSecret { name: String, variable: String },
    #[error(transparent)]
    Ports(#[from] Reserve),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Failure {
    /// What the kernel says of a file that it should start.
    pub(super) fn spawn(program: &Path, error: io::Error) -> Self {
        match kind_of(&error) {
            ExecutorErrorKind::ResourceExhausted => Self::Io(error),
            _ => Self::NotAProgram(program.to_owned(), error),
        }
    }

    /// The error of a call that is about this component.
    pub(super) fn of(self, action: &'static str, component: &ComponentId) -> ExecutorError {
        self.at(action).of(component.clone())
    }

    /// The error of a call that is about a run as a whole.
    pub(super) fn at(self, action: &'static str) -> ExecutorError {
        let kind = match &self {
            Self::Unsupported(field) => ExecutorErrorKind::Unsupported {
                field: (*field).to_owned(),
            },
            Self::AlreadyExists => ExecutorErrorKind::AlreadyExists,
            Self::NotFound => ExecutorErrorKind::NotFound,
            Self::Busy | Self::BeingStarted | Self::Ports(Reserve::Taken(_)) => {
                ExecutorErrorKind::Busy
            }
            Self::Hidden(_) => ExecutorErrorKind::Unavailable,
            Self::NotKilled => ExecutorErrorKind::Timeout,
            Self::NoProgram(_) => ExecutorErrorKind::ImageUnavailable,
            Self::NotAProgram(_, error) => match kind_of(error) {
                ExecutorErrorKind::PermissionDenied => ExecutorErrorKind::PermissionDenied,
                _ => ExecutorErrorKind::ImageUnavailable,
            },
            Self::Ports(Reserve::NoneFree) => ExecutorErrorKind::ResourceExhausted,
            Self::NoFolder(_) | Self::NoSecret { .. } => ExecutorErrorKind::Failed,
            Self::Ports(Reserve::Io(error)) | Self::Io(error) => kind_of(error),
        };
        let says_all = matches!(
            self,
            Self::Unsupported(_) | Self::AlreadyExists | Self::NotFound | Self::Busy
        );
        let error = ExecutorError::new(NAME, action, kind);
        if says_all {
            error
        } else {
            error.caused_by(self)
        }
    }
}

fn kind_of(error: &io::Error) -> ExecutorErrorKind {
    match error.kind() {
        io::ErrorKind::PermissionDenied => ExecutorErrorKind::PermissionDenied,
        io::ErrorKind::StorageFull
        | io::ErrorKind::QuotaExceeded
        | io::ErrorKind::OutOfMemory
        | io::ErrorKind::WouldBlock => ExecutorErrorKind::ResourceExhausted,
        _ => ExecutorErrorKind::Failed,
    }
}
