use std::time::Duration;

use tokio::time::Instant;

use super::{Dial, random::jitter};

/// Paces attempts to reach the other end again: exponential pauses with full jitter, for a bounded time.
///
/// Full jitter spreads callers that lost the same server as widely as the bound allows ("Exponential
/// Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Debug)]
pub struct Reconnect {
    base: Duration,
    cap: Duration,
    give_up_after: Duration,
    failed: u32,
    since: Option<Instant>,
}

impl Reconnect {
    /// With the pauses that `dial` says.
    #[must_use]
    pub const fn new(dial: &Dial) -> Self {
        Self {
            base: dial.backoff_base,
            cap: dial.backoff_cap,
            give_up_after: dial.give_up_after,
            failed: 0,
            since: None,
        }
    }

    /// Something useful came: the next trouble is a new one.
    pub const fn progress(&mut self) {
        self.failed = 0;
        self.since = None;
    }

    /// Waits before the next attempt. A call that is dropped counts as an attempt.
    ///
    /// # Errors
    ///
    /// Gives the error back when the other end has been tried for as long as the settings say.
    pub async fn pause<E>(&mut self, error: E) -> Result<(), E> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.give_up_after {
            return Err(error);
        }
        self.failed = self.failed.saturating_add(1);
        let longest = longest(self.base, self.cap, self.failed);
        tokio::time::sleep(longest.mul_f64(jitter())).await;
        Ok(())
    }
}

/// The longest pause before attempt `failed + 1`.
fn longest(base: Duration, cap: Duration, failed: u32) -> Duration {
    let doubled = 2_u32
        .checked_pow(failed.saturating_sub(1))
        .unwrap_or(u32::MAX);
    base.saturating_mul(doubled).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap() {
        let (base, cap) = (Duration::from_millis(50), Duration::from_secs(5));
        let pauses: Vec<u128> = (1..=9)
            .map(|failed| longest(base, cap, failed).as_millis())
            .collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(longest(base, cap, u32::MAX), cap);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_when_its_time_is_over_and_not_after_progress() {
        let mut reconnect = Reconnect::new(&Dial::default());
        let began = Instant::now();
        while reconnect.pause(()).await.is_ok() {}
        assert!(began.elapsed() >= Dial::default().give_up_after);
        assert_eq!(reconnect.pause("gone").await, Err("gone"));
        reconnect.progress();
        assert_eq!(reconnect.pause("gone").await, Ok(()));
    }
}
