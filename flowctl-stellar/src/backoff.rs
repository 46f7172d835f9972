use std::{collections::hash_map::RandomState, hash::BuildHasher as _, time::Duration};

/// Pauses between attempts: exponential with full jitter, so uniform between nothing and what has
/// doubled from `base` up to `cap` ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
    failed: u32,
}

impl Backoff {
    /// Pauses of at most `base` at first and of at most `cap` ever.
    pub(crate) const fn new(base: Duration, cap: Duration) -> Self {
        Self {
            base,
            cap,
            failed: 0,
        }
    }

    /// An attempt has failed: how long to pause before the next.
    pub(crate) fn failed(&mut self) -> Duration {
        self.failed = self.failed.saturating_add(1);
        self.longest().mul_f64(share())
    }

    /// How many attempts have failed in a row.
    pub(crate) const fn failures(&self) -> u32 {
        self.failed
    }

    /// An attempt has succeeded: the next pause is a short one again.
    pub(crate) const fn succeeded(&mut self) {
        self.failed = 0;
    }

    /// The most that the pause after the last failure can be.
    fn longest(&self) -> Duration {
        let doubled = 2_u32.checked_pow(self.failed.saturating_sub(1));
        let longest = self.base.saturating_mul(doubled.unwrap_or(u32::MAX));
        longest.min(self.cap)
    }
}

/// A number in 0..1 that differs between calls and processes, from the seed of the standard library's
/// hash maps. Not for secrets.
fn share() -> f64 {
    let bits = RandomState::new().hash_one(0_u8);
    // The upper half; 32 bits are exact in an f64.
    f64::from(u32::try_from(bits >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pause_is_below_what_has_doubled_and_below_the_cap(
            base in 1_u64..5_000, cap in 1_u64..60_000, failures in 1_u32..80,
        ) {
            let mut backoff = Backoff::new(Duration::from_millis(base), Duration::from_millis(cap));
            let mut pause = Duration::ZERO;
            for _ in 0..failures {
                pause = backoff.failed();
            }
            let doubled = u64::from(2_u32.saturating_pow(failures - 1)).saturating_mul(base);
            prop_assert!(pause <= Duration::from_millis(doubled.min(cap)));
            backoff.succeeded();
            prop_assert!(backoff.failed() <= Duration::from_millis(base));
        }
    }

    #[test]
    fn pauses_differ() {
        let mut pauses: Vec<_> = (0..32).map(|_| share().to_bits()).collect();
        pauses.sort_unstable();
        pauses.dedup();
        assert!(pauses.len() > 16);
    }
}
