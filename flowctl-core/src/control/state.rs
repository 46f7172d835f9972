//! What is known of the services of a run: pure, told the time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant, UNIX_EPOCH},
};

use super::{
    Bound, Caller, Declared, Expected, Health, Heartbeat, InstanceId, Member, MetricValue,
    Registration, RosterError, RosterLimits,
    binding::bind,
    happening::{Happening, HappeningKind},
    moment::Moment,
    pulse::Pulse,
};
use crate::ComponentId;

/// How long a silent service that is no component of the run is still shown.
const KEPT: Duration = Duration::from_secs(600);

/// Ids that components make up when they could not register; nobody else does.
const MADE_UP: &str = "sim-";

/// What is known of the services of a run.
#[derive(Debug, Default)]
pub(super) struct State {
    limits: RosterLimits,
    expected: BTreeMap<InstanceId, Expected>,
    /// Instances that have registered once: a heartbeat alone makes no service of them any more,
    /// because it may come from their generation before.
    known: std::collections::BTreeSet<InstanceId>,
    members: HashMap<String, Entry>,
    /// Which service an instance has.
    services: BTreeMap<InstanceId, String>,
    bytes: usize,
    /// Nobody falls silent or is dropped before this.
    check_at: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    registration: Arc<Registration>,
    declared: Declared,
    bound: Option<Bound>,
    /// What it last said of itself.
    told: Health,
    pulse: Pulse,
    registered: Moment,
    heartbeats: u64,
    metrics: BTreeMap<String, MetricValue>,
    bytes: usize,
}

type Happenings = Vec<Happening>;

impl State {
    pub(super) fn new(limits: RosterLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// An instance was started, is about to be, or more is known about it.
    pub(super) fn expect(&mut self, expected: Expected) -> Happenings {
        let mut happenings = Vec::new();
        let id = expected.id();
        let generation = expected.generation;
        let known = self.expected.insert(id.clone(), expected);
        if known.is_some_and(|known| known.generation != generation) {
            self.remove_service_of(&id, "its instance was started again", &mut happenings);
        }
        // Whoever registered before this was known.
        let mut unbound: Vec<_> = self
            .members
            .iter()
            .filter(|(_, entry)| entry.bound.is_none())
            .map(|(service, entry)| (entry.registered.at, service.clone()))
            .collect();
        unbound.sort();
        for (_, service) in unbound {
            let Some(entry) = self.members.get(&service) else {
                continue;
            };
            let taken = |id: &InstanceId| self.services.contains_key(id);
            if let Some(bound) = bind(&entry.registration, &self.expected, taken) {
                self.remove_service_of(&bound.instance, "another took its place", &mut happenings);
                self.attach(&service, bound, &mut happenings);
            }
        }
        happenings
    }

    /// No instance of a component is part of the run any more.
    pub(super) fn forget(&mut self, component: &ComponentId) -> Happenings {
        let mut happenings = Vec::new();
        let ids = self.expected.keys().filter(|id| id.component == *component);
        for id in ids.cloned().collect::<Vec<_>>() {
            self.remove_service_of(
                &id,
                "its component is no longer part of the run",
                &mut happenings,
            );
            self.expected.remove(&id);
            self.known.remove(&id);
        }
        happenings
    }

    /// A service registers, perhaps again. The answer is its service id.
    pub(super) fn register(
        &mut self,
        registration: Registration,
        now: Moment,
    ) -> Result<(String, Happenings), RosterError> {
        let taken = |id: &InstanceId| self.services.contains_key(id);
        let bound = bind(&registration, &self.expected, taken);
        let own = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
        let named = own(&registration.component_id).or_else(|| own(&registration.service_id));
        let service = match (&registration.caller, &bound, named) {
            (Caller::Instance(caller), None, named) => {
                return Err(RosterError::NotYours {
                    caller: caller.clone(),
                    id: named.unwrap_or_else(|| "an instance of the past".to_owned()),
                });
            }
            // What it calls itself may be another's id.
            (Caller::Instance(_), Some(bound), _) | (Caller::Trusted, Some(bound), None) => {
                bound.instance.to_string()
            }
            (Caller::Trusted, Some(bound), Some(named)) => self.name_of(bound, named),
            (Caller::Trusted, None, Some(named)) => named,
            (Caller::Trusted, None, None) => self.made_up(&registration, now),
        };
        let mut happenings = Vec::new();
        self.admit(&service, registration, bound, now, &mut happenings)?;
        Ok((service, happenings))
    }

    /// A service shows that it lives.
    pub(super) fn heartbeat(
        &mut self,
        heartbeat: Heartbeat,
        peer: Option<std::net::IpAddr>,
        now: Moment,
    ) -> Result<Happenings, RosterError> {
        let mut happenings = self.tick(now);
        let service = match self.resolve(&heartbeat.service_id) {
            Some(service) => service.to_owned(),
            None => self.adopt(&heartbeat, peer, now, &mut happenings)?,
        };
        self.may_speak(&heartbeat.caller, &service)?;
        let room = self.limits.bytes - self.bytes.min(self.limits.bytes);
        let Some(entry) = self.members.get_mut(&service) else {
            return Err(RosterError::UnknownService { id: service });
        };
        let grown = entry.grown(&heartbeat.metrics);
        let limit = self.limits.member_bytes.min(entry.bytes + room);
        if grown > limit {
            return Err(RosterError::TooLarge {
                bytes: grown,
                limit,
            });
        }
        self.bytes = self.bytes - entry.bytes + grown;
        entry.bytes = grown;
        entry.metrics.extend(heartbeat.metrics);
        entry.heartbeats += 1;
        let before = entry.health();
        entry.pulse.beat(now);
        entry.told = heartbeat.health.unwrap_or(entry.told);
        let deadline = entry.pulse.deadline();
        if entry.health() != before {
            happenings.push(entry.changed(&service, now));
        }
        self.check_by(deadline);
        Ok(happenings)
    }

    /// A service leaves.
    pub(super) fn unregister(
        &mut self,
        service: &str,
        caller: &Caller,
    ) -> Result<Happenings, RosterError> {
        let id = || service.to_owned();
        let service = self.resolve(service);
        let service = service.ok_or_else(|| RosterError::UnknownService { id: id() })?;
        let service = service.to_owned();
        self.may_speak(caller, &service)?;
        let mut happenings = Vec::new();
        self.remove(&service, "it left", &mut happenings);
        Ok(happenings)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Moment) -> Happenings {
        let mut happenings = Vec::new();
        if self.check_at.is_none_or(|at| now.at < at) {
            return happenings;
        }
        self.check_at = None;
        let mut dropped = Vec::new();
        let mut next: Option<Instant> = None;
        for (service, entry) in &mut self.members {
            if entry.pulse.falls_silent(now) {
                happenings.push(entry.changed(service, now));
            }
            let due = entry.due();
            if due.is_some_and(|due| due <= now.at) {
                dropped.push(service.clone());
            } else if let Some(due) = due {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        self.check_at = next;
        happenings.sort_by(|a, b| a.service_id.cmp(&b.service_id));
        dropped.sort();
        for service in dropped {
            self.remove(&service, "it has been silent for too long", &mut happenings);
        }
        happenings
    }

    /// When `tick` has something to do next.
    pub(super) const fn check_at(&self) -> Option<Instant> {
        self.check_at
    }

    pub(super) fn members(&self, now: Moment) -> Vec<Member> {
        let all = self.members.iter();
        let mut members: Vec<_> = all
            .map(|(service, entry)| self.member(service, entry, now))
            .collect();
        members.sort_by(|a, b| a.service_id.cmp(&b.service_id));
        members
    }

    /// The service of the first instance of a component that has one.
    pub(super) fn member_of(&self, component: &ComponentId, now: Moment) -> Option<Member> {
        let first = InstanceId::new(component.clone(), 0);
        let (id, service) = self.services.range(first..).next()?;
        let entry = self.members.get(service)?;
        (id.component == *component).then(|| self.member(service, entry, now))
    }

    pub(super) fn instance(&self, id: &InstanceId, now: Moment) -> Option<Member> {
        let service = self.services.get(id)?;
        let entry = self.members.get(service)?;
        Some(self.member(service, entry, now))
    }

    /// The service that somebody means by this text.
    pub(super) fn find(&self, text: &str, now: Moment) -> Option<Member> {
        let service = self.resolve(text)?;
        let entry = self.members.get(service)?;
        Some(self.member(service, entry, now))
    }

    pub(super) fn expected(&self) -> impl Iterator<Item = &Expected> {
        self.expected.values()
    }
}

impl State {
    /// The service with this id; else the one of the component with this id.
    fn resolve(&self, text: &str) -> Option<&str> {
        if let Some((service, _)) = self.members.get_key_value(text) {
            return Some(service);
        }
        let of_run = text
            .parse()
            .ok()
            .and_then(|component: ComponentId| self.services.get(&InstanceId::new(component, 0)));
        let said = || {
            let mut all = self.members.iter();
            let says = |entry: &Entry| entry.registration.component_id.as_deref() == Some(text);
            all.find(|(_, entry)| says(entry))
                .map(|(service, _)| service)
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

    /// A heartbeat of nobody: of one whose registration went lost (with the control plane before this
    /// one, or because there was none yet), which many never repeat.
    fn adopt(
        &mut self,
        heartbeat: &Heartbeat,
        peer: Option<std::net::IpAddr>,
        now: Moment,
        happenings: &mut Happenings,
    ) -> Result<String, RosterError> {
        let id = heartbeat.service_id.clone();
        let registration = Registration {
            component_id: Some(id.clone()),
            caller: heartbeat.caller.clone(),
            peer,
            ..Registration::default()
        };
        let taken = |id: &InstanceId| self.services.contains_key(id);
        let bound = bind(&registration, &self.expected, taken);
        let new = bound
            .as_ref()
            .is_none_or(|bound| !self.known.contains(&bound.instance));
        let is_component = bound
            .as_ref()
            .is_some_and(|bound| bound.instance.component == id.as_str());
        if !new || !(is_component || id.starts_with(MADE_UP)) {
            return Err(RosterError::UnknownService { id });
        }
        happenings.push(Happening::new(&id, HappeningKind::Adopted));
        self.admit(&id, registration, bound, now, happenings)?;
        Ok(id)
    }

    fn admit(
        &mut self,
        service: &str,
        registration: Registration,
        bound: Option<Bound>,
        now: Moment,
        happenings: &mut Happenings,
    ) -> Result<(), RosterError> {
        let bytes = registration.bytes() + service.len();
        let limit = self.limits.member_bytes;
        if bytes > limit {
            return Err(RosterError::TooLarge { bytes, limit });
        }
        let again = self.members.contains_key(service);
        self.make_room(service, bytes, bound.as_ref(), happenings)?;
        let adopted =
            matches!(happenings.last(), Some(last) if last.kind == HappeningKind::Adopted);
        if !adopted {
            happenings.push(Happening::new(service, HappeningKind::Registered { again }));
        }
        let entry = Entry {
            declared: registration.settled(),
            registration: Arc::new(registration),
            bound: None,
            told: Health::Healthy,
            pulse: Pulse::new(now, None),
            registered: now,
            heartbeats: 0,
            metrics: BTreeMap::new(),
            bytes,
        };
        self.bytes += bytes;
        let due = entry.due();
        self.members.insert(service.to_owned(), entry);
        self.check_by(due);
        if let Some(bound) = bound {
            self.attach(service, bound, happenings);
        }
        Ok(())
    }

    /// Takes away whom a registration replaces, and whoever else must go for it.
    fn make_room(
        &mut self,
        service: &str,
        bytes: usize,
        bound: Option<&Bound>,
        happenings: &mut Happenings,
    ) -> Result<(), RosterError> {
        self.remove(service, "", &mut Vec::new());
        if let Some(bound) = bound {
            self.remove_service_of(&bound.instance, "another took its place", happenings);
        }
        let fits = |state: &Self| {
            state.members.len() < state.limits.members && state.bytes + bytes <= state.limits.bytes
        };
        while !fits(self) {
            let silent = self.members.iter().filter(|(_, entry)| entry.is_stranger());
            let oldest = silent.min_by_key(|(service, entry)| (entry.pulse.seen.at, *service));
            let Some(oldest) = oldest.map(|(service, _)| service.clone()) else {
                return Err(RosterError::Full {
                    limit: self.limits.members.min(self.members.len()),
                });
            };
            self.remove(&oldest, "its place was needed", happenings);
        }
        Ok(())
    }

    /// Makes a service the one of an instance that has none.
    fn attach(&mut self, service: &str, bound: Bound, happenings: &mut Happenings) {
        let Some(entry) = self.members.get_mut(service) else {
            return;
        };
        let interval = self.expected.get(&bound.instance);
        entry
            .pulse
            .tell(interval.and_then(|one| one.heartbeat_every));
        let due = entry.pulse.deadline();
        self.known.insert(bound.instance.clone());
        self.services
            .insert(bound.instance.clone(), service.to_owned());
        happenings.push(Happening::new(service, HappeningKind::Bound(bound.clone())));
        entry.bound = Some(bound);
        self.check_by(due);
    }

    fn remove_service_of(&mut self, id: &InstanceId, why: &'static str, told: &mut Happenings) {
        if let Some(service) = self.services.get(id).cloned() {
            self.remove(&service, why, told);
        }
    }

    fn remove(&mut self, service: &str, why: &'static str, told: &mut Happenings) {
        let Some(entry) = self.members.remove(service) else {
            return;
        };
        self.bytes -= entry.bytes;
        if let Some(bound) = entry.bound {
            self.services.remove(&bound.instance);
        }
        told.push(Happening::new(service, HappeningKind::Removed { why }));
    }

    fn check_by(&mut self, due: Option<Instant>) {
        if let Some(due) = due {
            self.check_at = Some(self.check_at.map_or(due, |at| at.min(due)));
        }
    }

    /// What a bound service that has a name is called: instances that share a component id need one
    /// each.
    fn name_of(&self, bound: &Bound, named: String) -> String {
        let others = self
            .members
            .get(&named)
            .and_then(|entry| entry.bound.as_ref());
        match others {
            Some(other) if other.instance != bound.instance => bound.instance.to_string(),
            _ if bound.instance.component == named.as_str() => bound.instance.to_string(),
            _ => named,
        }
    }

    /// An id for a service that gives none.
    fn made_up(&self, registration: &Registration, now: Moment) -> String {
        let kind = match registration.settled() {
            Declared::Role(role) => role.as_str(),
            Declared::Pipeline => "pipeline",
            Declared::Nothing | Declared::SinkOrPipeline => "service",
        };
        let since = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut number = since.as_nanos();
        loop {
            let id = format!("{kind}-{number}");
            if !self.members.contains_key(&id) {
                return id;
            }
            number += 1;
        }
    }

    fn member(&self, service: &str, entry: &Entry, now: Moment) -> Member {
        let bound = entry.bound.clone();
        let instance = bound
            .as_ref()
            .and_then(|bound| self.expected.get(&bound.instance));
        let own_or = |own: &Vec<String>, spec: Option<&Vec<String>>| match spec {
            Some(spec) if own.is_empty() => spec.clone(),
            _ => own.clone(),
        };
        let registration = Arc::clone(&entry.registration);
        Member {
            service_id: service.to_owned(),
            declared: entry.declared,
            bound,
            health: entry.health(),
            reason: entry.reason(now),
            registered: entry.registered.wall,
            last_heard: entry.pulse.seen.wall,
            heartbeats: entry.heartbeats,
            metrics: entry.metrics.clone(),
            input_types: own_or(
                &registration.input_types,
                instance.map(|one| &one.input_types),
            ),
            output_types: own_or(
                &registration.output_types,
                instance.map(|one| &one.output_types),
            ),
            registration,
        }
    }
}

impl Entry {
    const fn health(&self) -> Health {
        if self.pulse.silent {
            Health::Unhealthy
        } else {
            self.told
        }
    }

    fn reason(&self, now: Moment) -> String {
        if self.pulse.silent {
            let silence = now.at.saturating_duration_since(self.pulse.seen.at);
            let allowed = self.pulse.patience().as_secs();
            return format!(
                "no heartbeat for {} s, {allowed} s are allowed",
                silence.as_secs()
            );
        }
        if self.heartbeats == 0 {
            return "it registered".to_owned();
        }
        format!("it says that it is {}", self.told)
    }

    fn changed(&self, service: &str, now: Moment) -> Happening {
        let (health, reason) = (self.health(), self.reason(now));
        Happening::new(service, HappeningKind::Health { health, reason })
    }

    /// Whether it is silent and no component of the run.
    const fn is_stranger(&self) -> bool {
        self.pulse.silent && self.bound.is_none()
    }

    /// When something happens to it by itself.
    fn due(&self) -> Option<Instant> {
        let silent_at = self.pulse.deadline()?;
        match (self.pulse.silent, &self.bound) {
            (false, _) => Some(silent_at),
            (true, None) => silent_at.checked_add(KEPT),
            (true, Some(_)) => None,
        }
    }

    /// Its bytes with these measurements.
    fn grown(&self, metrics: &BTreeMap<String, MetricValue>) -> usize {
        let bytes_of = |value: &MetricValue| match value {
            MetricValue::Number(_) => size_of::<f64>(),
            MetricValue::Text(text) => text.len(),
        };
        metrics.iter().fold(self.bytes, |bytes, (name, value)| {
            let before = self.metrics.get(name);
            let known = before.map_or(0, |before| name.len() + bytes_of(before));
            bytes - known + name.len() + bytes_of(value)
        })
    }
}
