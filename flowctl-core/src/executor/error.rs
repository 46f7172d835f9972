use std::{error::Error, fmt};

use crate::{BoxError, ComponentId};

/// A backend could not do what it was asked to.
#[derive(Debug)]
pub struct ExecutorError {
    executor: String,
    action: &'static str,
    component: Option<ComponentId>,
    kind: ExecutorErrorKind,
    source: Option<BoxError>,
}

/// What a caller would do differently.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutorErrorKind {
    /// There is no such instance, port or component.
    NotFound,
    /// The instance was started before and has ended.
    AlreadyExists,
    /// The instance still runs, or something else has what it needs.
    Busy,
    /// The image or program cannot be had.
    ImageUnavailable,
    /// The spec asks for something that this backend does not do.
    Unsupported {
        /// The field's name in YAML.
        field: String,
    },
    /// The backend refuses this user.
    PermissionDenied,
    /// The machine or a quota has no room.
    ResourceExhausted,
    /// It took longer than it may.
    Timeout,
    /// The backend cannot be reached.
    Unavailable,
    /// The component could not be made or did not come up.
    Failed,
}

impl ExecutorErrorKind {
    /// Whether the same call may succeed later with nothing changed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Timeout | Self::Unavailable | Self::Busy)
    }
}

impl ExecutorError {
    /// The named backend failed at `action`, a verb phrase: `start`, `pull the image of`.
    #[must_use]
    pub fn new(executor: impl Into<String>, action: &'static str, kind: ExecutorErrorKind) -> Self {
        Self {
            executor: executor.into(),
            action,
            component: None,
            kind,
            source: None,
        }
    }

    /// The same error, about this component.
    #[must_use]
    pub fn of(mut self, component: ComponentId) -> Self {
        self.component = Some(component);
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What a caller would do differently.
    #[must_use]
    pub const fn kind(&self) -> &ExecutorErrorKind {
        &self.kind
    }

    /// The component it is about.
    #[must_use]
    pub const fn component(&self) -> Option<&ComponentId> {
        self.component.as_ref()
    }

    /// Whether a later attempt may succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }
}

impl fmt::Display for ExecutorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "executor `{}` failed to {}", self.executor, self.action)?;
        if let Some(component) = &self.component {
            write!(f, " `{component}`")?;
        }
        match &self.kind {
            ExecutorErrorKind::NotFound => f.write_str(": there is no such thing"),
            ExecutorErrorKind::AlreadyExists => {
                f.write_str(": it was started before and has ended")
            }
            ExecutorErrorKind::Busy => f.write_str(": it is in use"),
            ExecutorErrorKind::ImageUnavailable => f.write_str(": its program cannot be had"),
            ExecutorErrorKind::Unsupported { field } => {
                write!(f, ": it does not support `{field}`")
            }
            ExecutorErrorKind::PermissionDenied => f.write_str(": permission denied"),
            ExecutorErrorKind::ResourceExhausted => f.write_str(": no room is left"),
            ExecutorErrorKind::Timeout => f.write_str(": it took too long"),
            ExecutorErrorKind::Unavailable => f.write_str(": it cannot be reached"),
            ExecutorErrorKind::Failed => Ok(()),
        }
    }
}

impl Error for ExecutorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
