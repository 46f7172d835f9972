use flowctl_core::{BoxError, component::ComponentError};

/// Why a program ends before it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It cannot listen where it was told to.
    #[error("cannot listen on {address} (set by {variable})")]
    Listen {
        address: String,
        variable: &'static str,
        source: std::io::Error,
    },
    /// A component of it failed.
    #[error(transparent)]
    Component(ComponentError),
    /// Something else.
    #[error("{message}")]
    Other {
        message: String,
        source: Option<BoxError>,
    },
    /// It was asked a second time to end.
    #[error("ended at once, as it was asked twice to end")]
    Forced,
    /// Streams did not end in time.
    #[error("ended with {open} streams open, which did not end within {seconds} s")]
    DrainLimit { open: u64, seconds: u64 },
}

impl Failure {
    /// A failure with this message and cause.
    pub(crate) fn because(message: impl Into<String>, cause: impl Into<BoxError>) -> Self {
        Self::Other {
            message: message.into(),
            source: Some(cause.into()),
        }
    }

    /// What can be done about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Listen {
                variable, source, ..
            } if source.kind() == std::io::ErrorKind::AddrInUse => Some(format!(
                "another program listens there; set {variable} to a free port"
            )),
            Self::Listen { variable, .. } => Some(format!(
                "set {variable} to a port of this machine, such as `:0`"
            )),
            Self::Component(error) => error.help_text().map(str::to_owned),
            _ => None,
        }
    }
}

impl From<ComponentError> for Failure {
    fn from(error: ComponentError) -> Self {
        Self::Component(error)
    }
}
