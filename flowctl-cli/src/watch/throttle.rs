use std::time::Duration;

use tokio::time::Instant;

/// The most lines that people are told within [`SPAN`]; more could not be read.
const MOST: u32 = 10;
const SPAN: Duration = Duration::from_secs(1);

/// Holds lines back that come faster than they can be read, and counts them. Pure: time is given.
#[derive(Debug)]
pub(super) struct Throttle {
    since: Instant,
    told: u32,
    held_back: u64,
}

impl Throttle {
    /// Nothing was told yet.
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            since: now,
            told: 0,
            held_back: 0,
        }
    }

    /// Whether one more line may be told now. It is counted either way.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= SPAN {
            self.since = now;
            self.told = 0;
        }
        let admitted = self.told < MOST;
        if admitted {
            self.told += 1;
        } else {
            self.held_back += 1;
        }
        admitted
    }

    /// How many lines were held back since the last time this was asked.
    pub(super) fn take_held_back(&mut self) -> u64 {
        std::mem::take(&mut self.held_back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_fast_is_held_back_and_counted() {
        let start = Instant::now();
        let mut throttle = Throttle::new(start);
        let told = (0..25).filter(|_| throttle.admits(start)).count();
        assert_eq!((told, throttle.take_held_back()), (10, 15));
        assert!(throttle.admits(start + SPAN));
        assert_eq!(throttle.take_held_back(), 0);
    }
}
