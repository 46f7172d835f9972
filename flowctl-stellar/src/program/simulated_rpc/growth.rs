use std::time::Duration;

/// Which ledgers there are at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Growth {
    /// The oldest ledger at the start.
    pub(super) first: u32,
    /// The newest ledger at the start.
    pub(super) latest: u32,
    /// The last ledger that ever closes.
    pub(super) last: Option<u32>,
    /// The time from one ledger to the next.
    pub(super) interval: Duration,
    /// How many ledgers are kept.
    pub(super) retention: u32,
}

/// The ledgers that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) oldest: u32,
    pub(super) latest: u32,
}

impl Growth {
    /// The ledgers that there are when the network runs for as long.
    pub(super) fn after(self, elapsed: Duration) -> Kept {
        let interval = self.interval.as_nanos().max(1);
        let closed = u32::try_from(elapsed.as_nanos() / interval).unwrap_or(u32::MAX);
        let latest = self.latest.saturating_add(closed);
        let latest = latest.min(self.last.unwrap_or(u32::MAX));
        let oldest = latest.saturating_sub(self.retention.saturating_sub(1));
        Kept {
            oldest: oldest.max(self.first),
            latest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledgers_close_one_by_one_up_to_the_last_and_old_ones_go() {
        let growth = Growth {
            first: 2,
            latest: 10,
            last: Some(20),
            interval: Duration::from_secs(5),
            retention: 8,
        };
        for (seconds, oldest, latest) in [
            (0, 3, 10),
            (4, 3, 10),
            (5, 4, 11),
            (26, 8, 15),
            (999, 13, 20),
        ] {
            let kept = growth.after(Duration::from_secs(seconds));
            assert_eq!(kept, Kept { oldest, latest }, "{seconds}");
        }
    }
}
