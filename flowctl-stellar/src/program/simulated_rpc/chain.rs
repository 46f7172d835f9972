use std::collections::{BTreeMap, VecDeque};

use crate::simulated::{FIRST_LEDGER, Options, OptionsError, SimulatedLedger, SimulatedNetwork};

/// The most checkpoints that are kept, and how many ledgers lie between them at first.
const MAX_CHECKPOINTS: usize = 64;
const SPACING: u32 = 256;
/// How many places are remembered where a reader stopped, so that it goes on without a detour.
const MAX_PLACES: usize = 8;

/// All ledgers of a simulated network, made again whenever they are asked for.
///
/// A ledger depends on all before it, so the state of the network is kept every so many ledgers, in a
/// bounded number of checkpoints that lie further apart the longer the network is.
#[derive(Debug)]
pub(super) struct Chain {
    /// By the number of the ledger that comes next.
    checkpoints: BTreeMap<u32, SimulatedNetwork>,
    spacing: u32,
    /// Where readers stopped, the latest last.
    places: VecDeque<SimulatedNetwork>,
}

impl Chain {
    /// The ledgers of the network with these options.
    pub(super) fn new(options: Options) -> Result<Self, OptionsError> {
        let network = SimulatedNetwork::new(options)?;
        Ok(Self {
            checkpoints: [(FIRST_LEDGER, network)].into(),
            spacing: SPACING,
            places: VecDeque::new(),
        })
    }

    /// The ledgers from `start` to `end`, both inclusive, up to about as many bytes; the first at least.
    pub(super) fn ledgers(
        &mut self,
        start: u32,
        end: u32,
        max_bytes: usize,
    ) -> Vec<SimulatedLedger> {
        let Some(mut network) = self.nearest(start) else {
            return Vec::new();
        };
        while network.next_sequence() < start {
            let boundary = self.next_boundary(network.next_sequence());
            network.skip_to(boundary.min(start));
            self.keep(&network);
        }
        let (mut ledgers, mut bytes) = (Vec::new(), 0);
        while network.next_sequence() <= end && (ledgers.is_empty() || bytes < max_bytes) {
            let Some(ledger) = network.next() else { break };
            bytes += ledger.bytes.len();
            ledgers.push(ledger);
            self.keep(&network);
        }
        if self.places.len() >= MAX_PLACES {
            self.places.pop_front();
        }
        self.places.push_back(network);
        ledgers
    }

    /// The network at the nearest known place that does not lie behind `start`.
    fn nearest(&mut self, start: u32) -> Option<SimulatedNetwork> {
        let place = (0..self.places.len())
            .filter_map(|index| Some((self.places.get(index)?.next_sequence(), index)))
            .filter(|(next, _)| *next <= start)
            .max();
        let checkpoint = self.checkpoints.range(..=start).next_back();
        match (place, checkpoint) {
            (Some((next, index)), Some((kept, _))) if next > *kept => self.places.remove(index),
            (Some((_, index)), None) => self.places.remove(index),
            (_, Some((_, network))) => Some(network.clone()),
            (None, None) => None,
        }
    }

    fn next_boundary(&self, next: u32) -> u32 {
        let behind = (next - FIRST_LEDGER) % self.spacing;
        next.saturating_add(self.spacing - behind)
    }

    /// Keeps the network where it stands at a boundary.
    fn keep(&mut self, network: &SimulatedNetwork) {
        let next = network.next_sequence();
        if !(next - FIRST_LEDGER).is_multiple_of(self.spacing)
            || self.checkpoints.contains_key(&next)
        {
            return;
        }
        self.checkpoints.insert(next, network.clone());
        if self.checkpoints.len() > MAX_CHECKPOINTS {
            self.spacing = self.spacing.saturating_mul(2);
            let spacing = self.spacing;
            self.checkpoints
                .retain(|next, _| (next - FIRST_LEDGER).is_multiple_of(spacing));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledgers_are_the_same_in_whichever_order_they_are_asked_for() {
        let mut options = Options::with_seed(5);
        options.transactions_per_ledger = 2;
        let all: Vec<_> = SimulatedNetwork::new(options.clone())
            .unwrap()
            .take(700)
            .collect();
        let mut chain = Chain::new(options).unwrap();
        chain.spacing = 8;
        for (start, end) in [
            (690, 701),
            (2, 5),
            (6, 9),
            (400, 400),
            (6, 9),
            (258, 262),
            (10, 30),
        ] {
            let ledgers = chain.ledgers(start, end, usize::MAX);
            let expected = &all[start as usize - 2..=end as usize - 2];
            assert!(ledgers == expected, "{start} to {end}");
        }
        assert!(chain.checkpoints.len() <= MAX_CHECKPOINTS && chain.places.len() <= MAX_PLACES);
        assert!(chain.spacing > 8, "it has grown with the network");
    }

    #[test]
    fn a_page_ends_where_it_is_large_enough() {
        let mut chain = Chain::new(Options::default()).unwrap();
        assert_eq!(chain.ledgers(2, 100, 1).len(), 1);
        assert_eq!(chain.ledgers(3, 100, usize::MAX).len(), 98);
    }
}
