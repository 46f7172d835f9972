use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::process::Signal;
use tokio::time::Instant;

use super::group::Group;

/// How a kept instance is brought to an end, shared between its keeper and whoever stops it.
#[derive(Debug)]
pub(super) struct Control {
    group: Group,
    /// Once the first process is reaped, the number of the group may come to mean another one.
    reaped: Mutex<bool>,
    /// How long the group may go on after its first process has ended.
    deadline: Mutex<Option<Instant>>,
    forced: AtomicBool,
}

impl Control {
    pub(super) const fn new(group: Group) -> Self {
        Self {
            group,
            reaped: Mutex::new(false),
            deadline: Mutex::new(None),
            forced: AtomicBool::new(false),
        }
    }

    /// Sends a signal to the group, unless its first process has been reaped.
    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if *reaped {
            Ok(())
        } else {
            self.group.signal(signal)
        }
    }

    /// Reaps the first process: no signal is sent from then on.
    pub(super) fn reap<T>(&self, reap: impl FnOnce() -> T) -> T {
        let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        *reaped = true;
        reap()
    }

    /// Gives the group this long from now.
    pub(super) fn allow(&self, grace: Duration) {
        let until = Instant::now().checked_add(grace);
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Until when the group may go on; `None` unless it was asked to end.
    pub(super) fn deadline(&self) -> Option<Instant> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the grace period ran out.
    pub(super) fn force(&self) {
        self.forced.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_forced(&self) -> bool {
        self.forced.load(Ordering::Relaxed)
    }
}
