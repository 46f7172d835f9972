//! What is known of the services of a run: pure, told the time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use super::{
    Bound, Caller, Expected, Health, Heartbeat, InstanceId, MetricValue, Registration, RosterError,
    RosterLimits,
    binding::bind,
    entry::Entry,
    happening::{Happening, HappeningKind},
    moment::Moment,
};
use crate::ComponentId;

/// What is known of the services of a run.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) limits: RosterLimits,
    pub(super) expected: BTreeMap<InstanceId, Expected>,
    /// Instances that have registered once: a heartbeat alone makes no service of them any more,
    /// because it may come from their generation before.
    pub(super) known: BTreeSet<InstanceId>,
    pub(super) members: HashMap<String, Entry>,
    /// Which service an instance has.
    pub(super) services: BTreeMap<InstanceId, String>,
    /// The last measurements of components that have left.
    pub(super) left: BTreeMap<ComponentId, BTreeMap<String, MetricValue>>,
    /// Bytes of all members.
    pub(super) bytes: usize,
    /// Nobody falls silent or is dropped before this.
    pub(super) check_at: Option<Instant>,
    /// What has changed since it was last asked.
    pub(super) told: Vec<Happening>,
}

impl State {
    pub(super) fn new(limits: RosterLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// An instance was started, is about to be, or more is known about it.
    pub(super) fn expect(&mut self, expected: Expected) {
        let (id, generation) = (expected.id(), expected.generation);
        let interval = expected.heartbeat_every;
        let known = self.expected.insert(id.clone(), expected);
        if known.is_some_and(|known| known.generation != generation) {
            self.left.remove(&id.component);
            self.remove_service_of(&id, "its instance was started again");
        }
        let service = self.services.get(&id);
        if let Some(entry) = service.and_then(|service| self.members.get_mut(service)) {
            entry.pulse.tell(interval);
            let due = entry.due();
            self.check_by(due);
        }
        self.bind_strangers();
    }

    /// Binds who registered before enough was known to bind them, those that came first, first.
    fn bind_strangers(&mut self) {
        let strangers = self
            .members
            .iter()
            .filter(|(_, entry)| entry.bound.is_none());
        let mut strangers: Vec<_> = strangers
            .map(|(service, entry)| (entry.registered.at, service.clone()))
            .collect();
        strangers.sort();
        for (_, service) in strangers {
            let Some(entry) = self.members.get(&service) else {
                continue;
            };
            if let Some(bound) = self.bind(&entry.registration) {
                self.remove_service_of(&bound.instance, "another took its place");
                self.attach(&service, bound);
            }
        }
    }

    /// No instance of a component is part of the run any more.
    pub(super) fn forget(&mut self, component: &ComponentId) {
        let ids = self.expected.keys().filter(|id| id.component == *component);
        for id in ids.cloned().collect::<Vec<_>>() {
            self.remove_service_of(&id, "its component is no longer part of the run");
            self.expected.remove(&id);
            self.known.remove(&id);
        }
    }

    /// A service registers, perhaps again. The answer is its service id.
    pub(super) fn register(
        &mut self,
        registration: Registration,
        now: Moment,
    ) -> Result<String, RosterError> {
        self.tick(now);
        let bound = self.bind(&registration);
        let service = self.name_for(&registration, bound.as_ref(), now)?;
        let again = self.members.contains_key(&service);
        self.admit(&service, registration, bound, now)?;
        let kind = HappeningKind::Registered { again };
        self.told.push(Happening::new(&service, kind));
        Ok(service)
    }

    /// A service shows that it lives.
    pub(super) fn heartbeat(
        &mut self,
        heartbeat: Heartbeat,
        now: Moment,
    ) -> Result<(), RosterError> {
        self.tick(now);
        let service = match self.resolve(&heartbeat.service_id) {
            Some(service) => service.to_owned(),
            None => self.adopt(&heartbeat, now)?,
        };
        self.may_speak(&heartbeat.caller, &service)?;
        let room = self.limits.bytes.saturating_sub(self.bytes);
        let Some(entry) = self.members.get_mut(&service) else {
            return Err(RosterError::UnknownService { id: service });
        };
        let bytes = entry.bytes_with(&heartbeat.metrics);
        let limit = self.limits.member_bytes.min(entry.bytes + room);
        if bytes > limit {
            return Err(RosterError::TooLarge { bytes, limit });
        }
        self.bytes = self.bytes - entry.bytes + bytes;
        let before = entry.health();
        entry.beat(heartbeat.health, heartbeat.metrics, bytes, now);
        if entry.health() != before {
            self.told.push(entry.changed(&service, now));
        }
        let due = entry.due();
        self.check_by(due);
        Ok(())
    }

    /// A service leaves.
    pub(super) fn unregister(&mut self, id: &str, caller: &Caller) -> Result<(), RosterError> {
        let unknown = || RosterError::UnknownService { id: id.to_owned() };
        let service = self.resolve(id).ok_or_else(unknown)?.to_owned();
        self.may_speak(caller, &service)?;
        if let Some(entry) = self.members.get_mut(&service)
            && let Some(bound) = &entry.bound
        {
            let component = bound.instance.component.clone();
            self.left
                .insert(component, std::mem::take(&mut entry.metrics));
        }
        self.remove(&service, "it left");
        Ok(())
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Moment) {
        if self.check_at.is_none_or(|at| now.at < at) {
            return;
        }
        let (mut silent, mut dropped) = (Vec::new(), Vec::new());
        let mut next: Option<Instant> = None;
        for (service, entry) in &mut self.members {
            if entry.pulse.falls_silent(now) && entry.told != Health::Unhealthy {
                silent.push(entry.changed(service, now));
            }
            match entry.due() {
                Some(due) if due <= now.at => dropped.push(service.clone()),
                Some(due) => next = Some(next.map_or(due, |next| next.min(due))),
                None => {}
            }
        }
        self.check_at = next;
        // The map has no order; what is told has one.
        silent.sort_by(|a, b| a.service_id.cmp(&b.service_id));
        self.told.append(&mut silent);
        dropped.sort();
        for service in dropped {
            self.remove(&service, "it has been silent for too long");
        }
    }

    pub(super) fn bind(&self, registration: &Registration) -> Option<Bound> {
        let taken = |id: &InstanceId| self.services.contains_key(id);
        bind(registration, &self.expected, taken)
    }

    /// The service with this id; else the one of the component with this id.
    pub(super) fn resolve(&self, text: &str) -> Option<&str> {
        if let Some((service, _)) = self.members.get_key_value(text) {
            return Some(service);
        }
        let component = text.parse().ok();
        let of_run = component
            .and_then(|component: ComponentId| self.services.get(&InstanceId::new(component, 0)));
        let says = |entry: &Entry| entry.registration.component_id.as_deref() == Some(text);
        let said = || {
            let mut members = self.members.iter();
            let (service, _) = members.find(|(_, entry)| says(entry))?;
            Some(service)
        };
        of_run.or_else(said).map(String::as_str)
    }

    fn may_speak(&self, caller: &Caller, service: &str) -> Result<(), RosterError> {
        let Caller::Instance(caller) = caller else {
            return Ok(());
        };
        if self.services.get(caller).is_some_and(|own| own == service) {
            return Ok(());
        }
        Err(RosterError::NotYours {
            caller: caller.clone(),
            id: service.to_owned(),
        })
    }

    pub(super) fn check_by(&mut self, due: Option<Instant>) {
        if let Some(due) = due {
            self.check_at = Some(self.check_at.map_or(due, |at| at.min(due)));
        }
    }
}
