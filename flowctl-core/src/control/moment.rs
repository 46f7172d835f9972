use std::time::{Instant, SystemTime};

/// Now, on a clock that does not jump and on the one that people read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Instant,
    pub(super) wall: SystemTime,
}

impl Moment {
    /// The moment of the call; in a test with paused time, the paused one.
    pub(super) fn now() -> Self {
        Self {
            at: tokio::time::Instant::now().into_std(),
            wall: SystemTime::now(),
        }
    }
}
