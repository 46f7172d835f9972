use std::time::Duration;

use flowctl_grpc::DialError;
use tonic::{Code, Status};

/// What goes wrong with a stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("the server answers {code:?}: {message}")]
    Status { code: Code, message: String },
    #[error("nothing came for {} s, and the server does not answer", silence.as_secs())]
    Silent { silence: Duration },
    #[error("the server ended the stream before its end")]
    EndedEarly,
}

impl ClientError {
    /// Whether a later attempt may succeed with nothing changed.
    ///
    /// Go's components answer `INTERNAL` and `UNKNOWN` also when something behind them is away for a
    /// moment, so these may pass; what says that the question is wrong does not.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Dial(error) => error.is_transient(),
            Self::Silent { .. } | Self::EndedEarly => true,
            Self::Status { code, .. } => !matches!(
                code,
                Code::InvalidArgument
                    | Code::FailedPrecondition
                    | Code::OutOfRange
                    | Code::NotFound
                    | Code::PermissionDenied
                    | Code::Unauthenticated
                    | Code::Unimplemented
            ),
        }
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        Self::Status {
            code: status.code(),
            message: status.message().to_owned(),
        }
    }
}
