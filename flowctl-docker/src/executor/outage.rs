use std::time::Duration;

use tokio::time::Instant;

/// How long a call that waits stands an engine that is away, and how far that has come.
///
/// An engine that is restarted is away for seconds. Calls that answer at once do not wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Outage {
    patience: Duration,
    since: Option<Instant>,
    pause: Duration,
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Outage {
    pub(crate) const fn new(patience: Duration) -> Self {
        Self {
            patience,
            since: None,
            pause: FIRST_PAUSE,
        }
    }

    /// The engine has answered.
    pub(crate) fn is_over(&mut self) {
        *self = Self::new(self.patience);
    }

    /// The engine does not answer: pauses, and says whether to try again.
    pub(crate) async fn endure(&mut self) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.patience {
            return false;
        }
        self.pause().await;
        true
    }

    /// A pause that grows from one to the next.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_stood_for_so_long_and_counted_anew_after_an_answer() {
        let mut outage = Outage::new(Duration::from_secs(10));
        let began = Instant::now();
        while outage.endure().await {}
        let stood = began.elapsed();
        assert!(stood >= Duration::from_secs(10) && stood <= Duration::from_secs(12));
        outage.is_over();
        assert!(outage.endure().await);
    }
}
