use std::time::Duration;

use tokio::time::Instant;

use super::ConsoleConfig;

/// Decides which events are shown.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: u32,
    sample: u32,
    since_sampled: u32,
    second: Option<Instant>,
    shown_in_second: u32,
    /// How many events were not shown since that was last said.
    left_out: u64,
}

impl Throttle {
    pub(super) const fn new(config: ConsoleConfig) -> Self {
        Self {
            limit: config.limit,
            sample: config.sample,
            since_sampled: 0,
            second: None,
            shown_in_second: 0,
            left_out: 0,
        }
    }

    /// Whether the next event is shown.
    pub(super) fn shows_next(&mut self, now: Instant) -> bool {
        if self
            .second
            .is_none_or(|second| now.duration_since(second) >= Duration::from_secs(1))
        {
            self.second = Some(now);
            self.shown_in_second = 0;
        }
        self.since_sampled = self.since_sampled.saturating_add(1);
        let sampled = self.since_sampled >= self.sample;
        if sampled {
            self.since_sampled = 0;
        }
        let shows = sampled && (self.limit == 0 || self.shown_in_second < self.limit);
        if shows {
            self.shown_in_second += 1;
        } else {
            self.left_out += 1;
        }
        shows
    }

    /// How many events were left out since the last call.
    pub(super) const fn take_left_out(&mut self) -> u64 {
        std::mem::replace(&mut self.left_out, 0)
    }
}
