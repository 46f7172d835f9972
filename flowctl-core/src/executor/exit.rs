use std::time::{Duration, SystemTime};

/// How an instance ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExitReport {
    /// What the backend knows of the end itself.
    pub status: ExitStatus,
    /// Whether it had to be forced because the grace period ran out.
    pub forced: bool,
    /// When it ended, if the backend knows.
    pub ended: Option<SystemTime>,
}

/// What is known of how an instance ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitStatus {
    /// By itself or asked to, with this code; 0 is success.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It took more memory than it was allowed.
    OutOfMemory,
    /// It failed, and this is what it said.
    Failed(String),
    /// It has ended, and nobody can say how.
    Unknown,
}

impl ExitReport {
    /// An unforced end with this status, at a moment that is not known.
    #[must_use]
    pub const fn new(status: ExitStatus) -> Self {
        Self {
            status,
            forced: false,
            ended: None,
        }
    }

    /// The same end, forced or not.
    #[must_use]
    pub const fn forced(mut self, forced: bool) -> Self {
        self.forced = forced;
        self
    }
}

/// How an instance is brought to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StopOptions {
    /// The time between asking and forcing.
    pub grace: Duration,
    /// The name of the signal that asks, where the backend has signals.
    pub signal: String,
}

impl Default for StopOptions {
    /// `SIGTERM` and a grace period of 10 s, which is what container engines do.
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(10),
            signal: "SIGTERM".to_owned(),
        }
    }
}

impl StopOptions {
    /// The default signal with this grace period.
    #[must_use]
    pub fn within(grace: Duration) -> Self {
        Self {
            grace,
            ..Self::default()
        }
    }
}
