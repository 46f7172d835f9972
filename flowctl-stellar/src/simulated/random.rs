use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::options::FORMAT;
use crate::Hash;

/// The random numbers of one ledger: the same for the same format, seed and sequence, on every machine.
///
/// All choices are made with integers, so that no rounding of floating-point numbers can differ.
#[derive(Debug, Clone)]
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn new(seed: u64, sequence: u32) -> Self {
        let key = Hash::of(format!("flowctl simulated network {FORMAT} {seed}"));
        let mut generator = ChaCha8Rng::from_seed(key.0);
        generator.set_stream(u64::from(sequence));
        Self(generator)
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let scaled = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(scaled >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included; `low` if there is none.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let width = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.below(width))
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.index(items.len());
        items.get(index)
    }

    /// A number below `length`, 0 if there is none.
    pub(super) fn index(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn bytes<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ledger_of_each_seed_has_its_own_numbers() {
        let first = |seed, sequence| Random::new(seed, sequence).number();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(1, 3));
        assert_ne!(first(1, 2), first(2, 2));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = Random::new(1, 2);
        for bound in 1..200 {
            assert!(random.below(bound) < bound);
            assert!((-5..=7).contains(&random.between(-5, 7)));
        }
        assert_eq!(random.below(0), 0);
        assert_eq!(random.between(3, 2), 3);
    }
}
