use std::sync::Arc;

use tokio::sync::watch;

/// How a program is: for `/health`, `/ready`, gRPC's health service and heartbeats. Cheap to clone; all
/// clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Condition(Arc<watch::Sender<State>>);

/// What a condition says at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    phase: Phase,
    /// What is waited for, or what is wrong.
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Starting,
    Ready,
    Draining,
}

/// One word for how a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Starting,
    Healthy,
    /// It serves, but something is wrong.
    Degraded,
    Stopping,
}

impl Condition {
    /// Of a program that starts.
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }

    /// It serves from now on. Nothing happens once it drains.
    pub(crate) fn ready(&self) {
        self.change(|state| {
            if state.phase == Phase::Starting {
                (state.phase, state.reason) = (Phase::Ready, None);
            }
        });
    }

    /// It comes to an end.
    pub(crate) fn draining(&self) {
        self.change(|state| (state.phase, state.reason) = (Phase::Draining, None));
    }

    /// What it waits for while it starts, or what is wrong while it serves.
    pub(crate) fn trouble(&self, reason: impl Into<String>) {
        let reason = reason.into();
        self.change(|state| state.reason = Some(reason));
    }

    /// Nothing is wrong any more.
    pub(crate) fn well(&self) {
        self.change(|state| state.reason = None);
    }

    /// How it is now.
    pub(crate) fn now(&self) -> State {
        self.0.borrow().clone()
    }

    /// Follows it; the first `changed` tells of the next change.
    pub(crate) fn follow(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.send_if_modified(|state| {
            let before = state.clone();
            change(state);
            *state != before
        });
    }
}

impl State {
    pub(crate) const fn verdict(&self) -> Verdict {
        match (self.phase, &self.reason) {
            (Phase::Starting, _) => Verdict::Starting,
            (Phase::Ready, None) => Verdict::Healthy,
            (Phase::Ready, Some(_)) => Verdict::Degraded,
            (Phase::Draining, _) => Verdict::Stopping,
        }
    }

    /// Why it is not simply healthy.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl Verdict {
    /// Whether it can be worked with.
    pub(crate) const fn serves(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }

    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Stopping => "stopping",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_ready_once_and_drains_for_good() {
        let condition = Condition::new();
        condition.trouble("waiting for the server");
        assert_eq!(condition.now().verdict(), Verdict::Starting);
        condition.ready();
        assert_eq!(condition.now().verdict(), Verdict::Healthy);
        condition.trouble("the server is gone");
        assert_eq!(condition.now().verdict(), Verdict::Degraded);
        condition.well();
        condition.draining();
        condition.ready();
        assert_eq!(condition.now().verdict(), Verdict::Stopping);
    }

    #[tokio::test]
    async fn only_changes_are_told() {
        let condition = Condition::new();
        let follower = condition.follow();
        condition.well();
        assert!(!follower.has_changed().unwrap());
        condition.ready();
        assert!(follower.has_changed().unwrap());
    }
}
