use std::fmt;

/// How a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Health {
    /// It is there and not yet ready.
    Starting,
    /// It works.
    Healthy,
    /// It works, and not as it should.
    Degraded,
    /// It does not work, or has fallen silent.
    Unhealthy,
    /// It is about to end.
    Stopping,
}

impl Health {
    /// The word for it, the same everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Stopping => "stopping",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
