use std::{
    collections::BTreeMap,
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
///
/// Only what is open or broken is kept, so memory is bounded by what the queues hold.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    /// The position that was issued last.
    issued: Option<Position>,
    /// What is not fulfilled, by number.
    unfulfilled: BTreeMap<u64, Entry>,
    open: usize,
    broken_by: Option<ComponentId>,
}

#[derive(Debug)]
struct Entry {
    /// How far the stream is complete when everything before this is.
    before: Option<Position>,
    broken: bool,
}

impl Tracker {
    /// The obligation for the next batch, which completes the stream up to `through`.
    pub(crate) fn issue(self: &Arc<Self>, through: Position, holder: &ComponentId) -> Obligation {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.open += 1;
        let before = state.issued.replace(through);
        let entry = Entry {
            before,
            broken: false,
        };
        state.unfulfilled.insert(number, entry);
        drop(state);
        Obligation::new(Arc::clone(self), number, holder.clone())
    }

    pub(super) fn fulfilled(&self, number: u64) {
        let mut state = self.state();
        state.unfulfilled.remove(&number);
        state.open -= 1;
        let settled = state.open == 0;
        drop(state);
        if settled {
            self.changed.notify_one();
        }
    }

    pub(super) fn broken(&self, number: u64, by: &ComponentId) {
        let mut state = self.state();
        if let Some(entry) = state.unfulfilled.get_mut(&number)
            && !entry.broken
        {
            entry.broken = true;
            state.open -= 1;
        }
        state.broken_by.get_or_insert_with(|| by.clone());
        drop(state);
        self.changed.notify_one();
    }

    /// How far the stream is complete; `None` until the first batch is.
    pub(crate) fn reached(&self) -> Option<Position> {
        let state = self.state();
        match state.unfulfilled.first_key_value() {
            Some((_, first)) => first.before.clone(),
            None => state.issued.clone(),
        }
    }

    /// Whether no obligation is open: each was fulfilled or broken.
    pub(crate) fn is_settled(&self) -> bool {
        self.state().open == 0
    }

    /// The component that held the first obligation that was broken.
    pub(crate) fn broken_by(&self) -> Option<ComponentId> {
        self.state().broken_by.clone()
    }

    /// Waits until everything is settled or something was broken since the last call. Cancel safe; meant
    /// for one task.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
