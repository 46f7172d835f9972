use tokio_util::sync::CancellationToken;

/// Tells a component that it should come to an end.
///
/// Cheap to clone; every clone sees the same signal. The signal never goes back.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// A signal that nothing has given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the signal.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether the signal was given.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits for the signal. Cancel safe.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }

    /// A signal that is given with this one, and can be given alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}
