use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::Notify, time};

use super::{
    Caller, Expected, Heartbeat, InstanceId, Member, Registration, RosterError, RosterLimits,
    happening::Happening, moment::Moment, state::State,
};
use crate::ComponentId;

/// Who has registered with a run, and how they are. A handle: clones show the same, from any thread.
///
/// What it keeps is bounded by [`RosterLimits`]; no call waits for anything but other calls.
#[derive(Clone)]
pub struct Roster(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

impl Roster {
    /// Nobody, and nobody expected.
    #[must_use]
    pub fn new(limits: RosterLimits) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State::new(limits)),
            changed: Notify::new(),
        }))
    }

    /// Says that an instance was started, or is about to be, or that more is known about it (its
    /// address, say). Whoever registered before and fits is bound to it. A later generation takes the
    /// place of the one before, whose service is then gone.
    pub fn expect(&self, expected: Expected) {
        self.change(|state, _| ((), state.expect(expected)));
    }

    /// Says that a component is no longer part of the run; its services are gone.
    pub fn forget(&self, component: &ComponentId) {
        self.change(|state, _| ((), state.forget(component)));
    }

    /// Which instances are expected.
    #[must_use]
    pub fn expected(&self) -> Vec<Expected> {
        self.change(|state, _| (state.expected().cloned().collect(), Vec::new()))
    }

    /// Takes a registration, which replaces the one before under the same id or of the same instance,
    /// and answers with the id that heartbeats are to carry: never empty.
    ///
    /// # Errors
    ///
    /// [`RosterError::NotYours`], [`RosterError::Full`], [`RosterError::TooLarge`].
    pub fn register(&self, registration: Registration) -> Result<Member, RosterError> {
        self.try_change(|state, now| {
            let (service, happenings) = state.register(registration, now)?;
            let member = state.find(&service, now);
            let member = member.ok_or(RosterError::UnknownService { id: service })?;
            Ok((member, happenings))
        })
    }

    /// Takes a heartbeat that came from `peer`. One of a service that is not known is taken for a
    /// registration that went lost if its id is a component's that never registered here, or starts
    /// with `sim-`, which is what components call themselves that could not register.
    ///
    /// # Errors
    ///
    /// [`RosterError::UnknownService`], [`RosterError::NotYours`], [`RosterError::Full`],
    /// [`RosterError::TooLarge`].
    pub fn heartbeat(&self, heartbeat: Heartbeat, peer: Option<IpAddr>) -> Result<(), RosterError> {
        self.try_change(|state, now| Ok(((), state.heartbeat(heartbeat, peer, now)?)))
    }

    /// Takes a service away that leaves; `id` is its own or its component's.
    ///
    /// # Errors
    ///
    /// [`RosterError::UnknownService`], [`RosterError::NotYours`].
    pub fn unregister(&self, id: &str, caller: &Caller) -> Result<(), RosterError> {
        self.try_change(|state, _| Ok(((), state.unregister(id, caller)?)))
    }

    /// The service of a component of the run; of several instances, of the first that has one.
    #[must_use]
    pub fn member_of(&self, component: &ComponentId) -> Option<Member> {
        self.change(|state, now| {
            let happenings = state.tick(now);
            (state.member_of(component, now), happenings)
        })
    }

    /// The service of one instance.
    #[must_use]
    pub fn instance(&self, id: &InstanceId) -> Option<Member> {
        self.change(|state, now| {
            let happenings = state.tick(now);
            (state.instance(id, now), happenings)
        })
    }

    /// The service that is meant by a service's or a component's id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Member> {
        self.change(|state, now| {
            let happenings = state.tick(now);
            (state.find(id, now), happenings)
        })
    }

    /// All services, by service id.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.change(|state, now| {
            let happenings = state.tick(now);
            (state.members(now), happenings)
        })
    }

    /// Waits until somebody registers, is bound, leaves, is another way than before or falls silent.
    ///
    /// It counts from the call on, not from the first poll: ask for it, then look, then await it, and
    /// nothing is missed. Many changes may wake it once. Heartbeats that change nothing but numbers do
    /// not wake it. Cancel safe. Needs a tokio runtime with time.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + '_ {
        // Created now; a notification from now on reaches it.
        let notified = self.0.changed.notified();
        async move {
            let mut notified = std::pin::pin!(notified);
            loop {
                let check_at = self.change(|state, _| (state.check_at(), Vec::new()));
                let due = async {
                    match check_at {
                        Some(at) => time::sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = &mut notified => return,
                    () = due => self.change(|state, now| ((), state.tick(now))),
                }
            }
        }
    }
}

impl Roster {
    fn change<T>(&self, change: impl FnOnce(&mut State, Moment) -> (T, Vec<Happening>)) -> T {
        let (answer, happenings) = {
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state, Moment::now())
        };
        self.tell(&happenings);
        answer
    }

    fn try_change<T>(
        &self,
        change: impl FnOnce(&mut State, Moment) -> Result<(T, Vec<Happening>), RosterError>,
    ) -> Result<T, RosterError> {
        let (answer, happenings) = {
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state, Moment::now())?
        };
        self.tell(&happenings);
        Ok(answer)
    }

    fn tell(&self, happenings: &[Happening]) {
        for happening in happenings {
            happening.log();
        }
        if !happenings.is_empty() {
            self.0.changed.notify_waiters();
        }
    }
}

impl Default for Roster {
    fn default() -> Self {
        Self::new(RosterLimits::default())
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("Roster").field(&*state).finish()
    }
}
