use std::time::{Duration, Instant};

use super::moment::Moment;

/// Silence that is allowed to whoever beats often.
const SHORTEST: Duration = Duration::from_secs(30);
/// The interval of those about whom nothing is known: the longest default in use.
const ASSUMED: Duration = Duration::from_secs(30);
/// An interval beyond this is not believed.
const LONGEST: Duration = Duration::from_secs(300);

/// When a service was last heard of, and how long it may be silent.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    pub(super) seen: Moment,
    pub(super) silent: bool,
    told: Option<Duration>,
    /// The last gaps between heartbeats that were not silence: one alone may be a hasty one.
    gaps: [Option<Duration>; 4],
    next: usize,
}

impl Pulse {
    pub(super) const fn new(now: Moment) -> Self {
        Self {
            seen: now,
            silent: false,
            told: None,
            gaps: [None; 4],
            next: 0,
        }
    }

    /// The interval it was told to keep.
    pub(super) const fn tell(&mut self, interval: Option<Duration>) {
        self.told = interval;
    }

    /// A heartbeat. A gap that was silence says nothing about the interval.
    pub(super) fn beat(&mut self, now: Moment) {
        let gap = now.at.saturating_duration_since(self.seen.at);
        self.seen = now;
        if !std::mem::take(&mut self.silent) {
            self.gaps[self.next] = Some(gap);
            self.next = (self.next + 1) % self.gaps.len();
        }
    }

    /// How long it may be silent.
    pub(super) fn patience(&self) -> Duration {
        let seen = self.gaps.iter().flatten().max().copied();
        let interval = self.told.max(seen).unwrap_or(ASSUMED).min(LONGEST);
        SHORTEST.max(3 * interval)
    }

    /// When it will have been silent for too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.seen.at.checked_add(self.patience())
    }

    /// Whether it is silent from now on.
    pub(super) fn falls_silent(&mut self, now: Moment) -> bool {
        let late = self.deadline().is_some_and(|deadline| now.at >= deadline);
        late && !std::mem::replace(&mut self.silent, true)
    }
}
