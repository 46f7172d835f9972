use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Lets ledgers through one by one, each an interval after the one before.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    due: Instant,
    idle_said: bool,
}

impl Pace {
    /// A pace whose first ledger is due now; `None` where there is no interval.
    pub(super) fn new(interval: Duration) -> Option<Self> {
        (!interval.is_zero()).then(|| Self {
            interval,
            due: Instant::now(),
            idle_said: true,
        })
    }

    /// Whether it is to be said that there is nothing for now: once after each ledger.
    pub(super) const fn says_idle(&mut self) -> bool {
        !std::mem::replace(&mut self.idle_said, true)
    }

    /// Waits until the next ledger is due. Cancel safe.
    pub(super) async fn wait(&self) {
        sleep_until(self.due).await;
    }

    /// A ledger has been handed out.
    pub(super) fn handed_out(&mut self) {
        // Time that was lost while nobody asked is not made up for.
        self.due = Instant::now().max(self.due) + self.interval;
        self.idle_said = false;
    }
}
