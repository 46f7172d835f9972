use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::Obligation;
use crate::{ComponentId, event::Position};

/// Knows how far the stream of one source is complete.
///
/// Every batch of the source is issued an obligation here, in order. The stream is complete up to the
/// last batch before the first one that is still open or broken: a broken obligation stays in the way
/// for good, so that a checkpoint never passes what was not delivered.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the first entry; entries before it are complete and gone.
    first: u64,
    entries: VecDeque<Entry>,
    open: usize,
    reached: Option<Position>,
    broken_by: Option<ComponentId>,
}

#[derive(Debug)]
struct Entry {
    through: Position,
    state: EntryState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryState {
    Open,
    Fulfilled,
    Broken,
}

impl Tracker {
    /// The obligation for the next batch, which completes the stream up to `through`.
    pub(crate) fn issue(self: &Arc<Self>, through: Position, holder: &ComponentId) -> Obligation {
        let mut state = self.state();
        let number = state.first + state.entries.len() as u64;
        state.entries.push_back(Entry {
            through,
            state: EntryState::Open,
        });
        state.open += 1;
        drop(state);
        Obligation::new(Arc::clone(self), number, holder.clone())
    }

    pub(super) fn fulfilled(&self, number: u64) {
        let mut state = self.state();
        state.settle(number, EntryState::Fulfilled);
        let mut advanced = None;
        while state
            .entries
            .front()
            .is_some_and(|entry| entry.state == EntryState::Fulfilled)
        {
            advanced = state.entries.pop_front().map(|entry| entry.through);
            state.first += 1;
        }
        let settled = state.open == 0;
        let moved = advanced.is_some();
        state.reached = advanced.or(state.reached.take());
        drop(state);
        if moved || settled {
            self.changed.notify_one();
        }
    }

    pub(super) fn broken(&self, number: u64, by: &ComponentId) {
        let mut state = self.state();
        state.settle(number, EntryState::Broken);
        state.broken_by.get_or_insert_with(|| by.clone());
        drop(state);
        self.changed.notify_one();
    }

    /// How far the stream is complete; `None` until the first batch is.
    pub(crate) fn reached(&self) -> Option<Position> {
        self.state().reached.clone()
    }

    /// Whether no obligation is open: each was fulfilled or broken.
    pub(crate) fn is_settled(&self) -> bool {
        self.state().open == 0
    }

    /// The component that held the first obligation that was broken.
    pub(crate) fn broken_by(&self) -> Option<ComponentId> {
        self.state().broken_by.clone()
    }

    /// Waits for news since the last call. Cancel safe; meant for one task.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn settle(&mut self, number: u64, settled: EntryState) {
        let index = number
            .checked_sub(self.first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index))
            && entry.state == EntryState::Open
        {
            entry.state = settled;
            self.open -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker_with(count: u64) -> (Arc<Tracker>, Vec<Obligation>) {
        let tracker = Arc::new(Tracker::default());
        let holder: ComponentId = "source".parse().unwrap();
        let issued = (1..=count)
            .map(|n| tracker.issue(Position::at(n), &holder))
            .collect();
        (tracker, issued)
    }

    proptest::proptest! {
        /// Whatever the order in which obligations end, the stream is complete exactly up to the
        /// batch before the first that is not fulfilled.
        #[test]
        fn the_stream_is_complete_before_the_first_that_is_not_fulfilled(
            ends in proptest::collection::vec((0_usize..64, 0_u8..3), 0..200),
        ) {
            let (tracker, issued) = tracker_with(64);
            let mut issued: Vec<_> = issued.into_iter().map(Some).collect();
            let mut fulfilled = [false; 64];
            for (index, end) in ends {
                let Some(obligation) = issued[index].take() else { continue };
                match end {
                    0 => drop(obligation),
                    1 => { obligation.fulfil(); fulfilled[index] = true; }
                    _ => {
                        let other = obligation.split();
                        obligation.fulfil();
                        other.fulfil();
                        fulfilled[index] = true;
                    }
                }
                let complete = fulfilled.iter().take_while(|done| **done).count() as u64;
                let reached = tracker.reached().map_or(0, |position| position.sequence);
                proptest::prop_assert_eq!(reached, complete);
            }
        }
    }

    #[test]
    fn a_dropped_obligation_names_its_holder_and_holds_the_stream() {
        let (tracker, mut issued) = tracker_with(2);
        let mut first = issued.remove(0);
        first.hold(&"sink".parse().unwrap());
        drop(first);
        issued.remove(0).fulfil();
        assert_eq!(tracker.broken_by().unwrap().as_str(), "sink");
        assert_eq!(tracker.reached(), None);
        assert!(tracker.is_settled());
    }

    #[test]
    fn one_broken_part_breaks_the_whole() {
        let (tracker, mut issued) = tracker_with(1);
        let whole = issued.remove(0);
        let part = whole.split();
        whole.fulfil();
        drop(part);
        assert_eq!(tracker.reached(), None);
        assert!(tracker.broken_by().is_some());
    }
}
