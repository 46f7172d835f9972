use flowctl_core::ComponentError;
use tonic::{Code, Status};

use super::parts::PartError;
use crate::dial::DialError;

/// Why nothing came from the other end.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It may pass: the network, or the other end being started again.
    Passing(ComponentError),
    /// Trying again is of no use.
    Lasting(ComponentError),
}

impl Trouble {
    /// The error, as it is reported once nothing more is tried.
    pub(crate) fn into_error(self) -> ComponentError {
        match self {
            Self::Passing(error) | Self::Lasting(error) => error,
        }
    }

    /// The other end closed the stream without a word.
    pub(crate) fn cut(address: &str) -> Self {
        Self::Passing(ComponentError::retry(format!(
            "`{address}` closed the stream without a word"
        )))
    }

    /// The other end said nothing for too long.
    pub(crate) fn silence(address: &str, seconds: f64) -> Self {
        Self::Passing(ComponentError::retry(format!(
            "`{address}` said nothing for {seconds} s"
        )))
    }

    /// The other end said something that the protocol does not allow.
    pub(crate) fn protocol(address: &str, what: &str) -> Self {
        Self::Lasting(ComponentError::stop(format!(
            "`{address}` does not keep the protocol: {what}"
        )))
    }

    /// A message was not what the protocol allows.
    pub(super) fn part(address: &str, error: PartError) -> Self {
        let message = format!("`{address}` does not keep the protocol");
        Self::Lasting(ComponentError::stop(message).caused_by(error))
    }

    /// A call failed.
    pub(crate) fn status(address: &str, status: Status) -> Self {
        match status.code() {
            Code::Unimplemented => Self::Lasting(
                ComponentError::stop(format!("`{address}` does not serve this")).caused_by(status),
            ),
            Code::Unauthenticated | Code::PermissionDenied => Self::Lasting(
                ComponentError::stop(format!("`{address}` does not let this program in"))
                    .caused_by(status),
            ),
            Code::OutOfRange => Self::Lasting(
                ComponentError::stop(format!("a message of `{address}` is too large"))
                    .caused_by(status),
            ),
            // tonic answers OUT_OF_RANGE and grpc-go RESOURCE_EXHAUSTED to a message that is too large.
            Code::InvalidArgument
            | Code::NotFound
            | Code::FailedPrecondition
            | Code::ResourceExhausted
            | Code::DataLoss => Self::Lasting(
                ComponentError::stop(format!("`{address}` refuses")).caused_by(status),
            ),
            _ => Self::Passing(
                ComponentError::retry(format!("the connection to `{address}` broke"))
                    .caused_by(status),
            ),
        }
    }

    /// A call failed, in a protocol in which components answer with a status where they fail themselves.
    pub(crate) fn answered(address: &str, status: Status) -> Self {
        // What tonic itself makes of a broken connection has a cause; what came over the wire has none.
        let came = std::error::Error::source(&status).is_none();
        match status.code() {
            Code::Internal | Code::Unknown if came => {
                Self::Lasting(ComponentError::new(format!("`{address}` failed")).caused_by(status))
            }
            _ => Self::status(address, status),
        }
    }

    /// It could not be reached.
    pub(crate) fn dial(error: DialError) -> Self {
        if error.is_transient() {
            Self::Passing(ComponentError::retry("the other end cannot be reached").caused_by(error))
        } else {
            Self::Lasting(ComponentError::stop("the other end cannot be dialled").caused_by(error))
        }
    }
}
