use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The moment by which something must have happened, on a clock that does not jump; or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    pub(super) const NEVER: Self = Self(None);

    /// This much later than now; a time that no clock reaches is never.
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    pub(super) fn is_never(self) -> bool {
        self == Self::NEVER
    }

    /// Whichever comes first.
    pub(super) fn sooner(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(other)) => Self(Some(one.min(other))),
            (one, other) => Self(one.or(other)),
        }
    }

    /// The time that is left; nothing once it has passed.
    pub(super) fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |at| {
            at.saturating_duration_since(Instant::now())
        })
    }

    /// Waits until it has passed. Cancel safe.
    pub(super) async fn passed(self) {
        match self.0 {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
