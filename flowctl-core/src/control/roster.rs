use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time};

use super::{
    Caller, Expected, Heartbeat, InstanceId, Member, MetricValue, Registration, RosterError,
    RosterLimits, moment::Moment, state::State,
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
    /// Somebody will fall silent sooner than was known.
    sooner: Notify,
}

impl Roster {
    /// Nobody, and nobody expected.
    #[must_use]
    pub fn new(limits: RosterLimits) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State::new(limits)),
            changed: Notify::new(),
            sooner: Notify::new(),
        }))
    }

    /// Says that an instance was started, or is about to be, or that more is known about it (its
    /// address, say). Whoever registered before and fits is bound to it. A later generation takes the
    /// place of the one before, whose service is then gone.
    pub fn expect(&self, expected: Expected) {
        self.tell(|state, _| state.expect(expected));
        self.0.changed.notify_waiters();
    }

    /// Says that a component is no longer part of the run; its services are gone.
    pub fn forget(&self, component: &ComponentId) {
        self.tell(|state, _| state.forget(component));
    }

    /// The expected instances of which this is true. It is asked while nothing else can be.
    #[must_use]
    pub fn expected(&self, is: impl Fn(&Expected) -> bool) -> Vec<InstanceId> {
        let state = self.state();
        let found = state.expected.iter().filter(|(_, one)| is(one));
        found.map(|(id, _)| id.clone()).collect()
    }

    /// Takes a registration, which replaces the one before under the same id or of the same instance.
    /// The answer has the id that heartbeats are to carry.
    ///
    /// # Errors
    ///
    /// [`RosterError::NotYours`], [`RosterError::Full`], [`RosterError::TooLarge`].
    pub fn register(&self, registration: Registration) -> Result<Member, RosterError> {
        self.tell(|state, now| {
            let id = state.register(registration, now)?;
            let member = state.member_called(&id, now);
            member.ok_or(RosterError::UnknownService { id })
        })
    }

    /// Takes a heartbeat. One of a service that is not known is taken for a registration that went lost
    /// if its id is that of a component which never registered here, or starts with `sim-`, which is
    /// what components call themselves that could not register.
    ///
    /// # Errors
    ///
    /// [`RosterError::UnknownService`], [`RosterError::NotYours`], [`RosterError::Full`],
    /// [`RosterError::TooLarge`].
    pub fn heartbeat(&self, heartbeat: Heartbeat) -> Result<(), RosterError> {
        self.tell(|state, now| state.heartbeat(heartbeat, now))
    }

    /// Takes a service away that leaves; `id` is its own or its component's.
    ///
    /// # Errors
    ///
    /// [`RosterError::UnknownService`], [`RosterError::NotYours`].
    pub fn unregister(&self, id: &str, caller: &Caller) -> Result<(), RosterError> {
        self.tell(|state, _| state.unregister(id, caller))
    }

    /// The service of a component of the run; of several instances, of the first that has one.
    #[must_use]
    pub fn member_of(&self, component: &ComponentId) -> Option<Member> {
        self.look(|state, now| state.member_of(component, now))
    }

    /// The last measurements of a component of the run that has left; none while it is there again.
    #[must_use]
    pub fn left_with(&self, component: &ComponentId) -> BTreeMap<String, MetricValue> {
        self.look(|state, _| state.left.get(component).cloned().unwrap_or_default())
    }

    /// The service of one instance.
    #[must_use]
    pub fn instance(&self, id: &InstanceId) -> Option<Member> {
        self.look(|state, now| state.instance(id, now))
    }

    /// The service that is meant by a service's or a component's id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Member> {
        self.look(|state, now| state.find(id, now))
    }

    /// All services, by service id.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.look(State::members)
    }

    /// Waits until somebody registers, is bound, leaves, is another way than before, falls silent or is
    /// expected.
    ///
    /// It counts from the call on, not from the first poll: ask for it, then look, then await it, and
    /// nothing is missed. Many changes may wake it once. Heartbeats that change nothing but numbers do
    /// not wake it. Cancel safe. Needs a tokio runtime with time.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + '_ {
        // Created now: it hears of every notification from now on.
        let notified = self.0.changed.notified();
        async move {
            let mut notified = std::pin::pin!(notified);
            loop {
                let sooner = self.0.sooner.notified();
                let check_at = self.tell(|state, _| state.check_at);
                let due = async {
                    match check_at {
                        Some(at) => time::sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = &mut notified => return,
                    () = sooner => {}
                    () = due => self.look(|_, _| ()),
                }
            }
        }
    }

    /// Looks at what is true now.
    fn look<T>(&self, look: impl FnOnce(&State, Moment) -> T) -> T {
        self.tell(|state, now| {
            state.tick(now);
            look(state, now)
        })
    }

    /// Tells the state something, and everybody who waits what changed by that.
    fn tell<T>(&self, tell: impl FnOnce(&mut State, Moment) -> T) -> T {
        let (answer, happenings, sooner) = {
            let mut state = self.state();
            let before = state.check_at;
            let answer = tell(&mut state, Moment::now());
            let sooner = state
                .check_at
                .is_some_and(|at| before.is_none_or(|before| at < before));
            (answer, std::mem::take(&mut state.told), sooner)
        };
        if sooner {
            self.0.sooner.notify_waiters();
        }
        for happening in &happenings {
            happening.log();
        }
        if !happenings.is_empty() {
            self.0.changed.notify_waiters();
        }
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Roster {
    fn default() -> Self {
        Self::new(RosterLimits::default())
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_tuple("Roster").field(&*state).finish()
    }
}
