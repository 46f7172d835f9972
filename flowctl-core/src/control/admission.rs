//! Who comes into a roster, under which id, and who goes for it.

use std::time::UNIX_EPOCH;

use super::{
    Bound, Caller, Declared, Heartbeat, InstanceId, Registration, RosterError,
    entry::Entry,
    happening::{Happening, HappeningKind},
    moment::Moment,
    state::State,
};

/// What components call themselves that could not register; nobody else does.
const MADE_UP: &str = "sim-";

impl State {
    /// A heartbeat of nobody: of one whose registration went lost (with the control plane before this
    /// one, or because there was none yet), and who may never repeat it.
    pub(super) fn adopt(
        &mut self,
        heartbeat: &Heartbeat,
        now: Moment,
    ) -> Result<String, RosterError> {
        let id = heartbeat.service_id.clone();
        let registration = Registration {
            component_id: Some(id.clone()),
            caller: heartbeat.caller.clone(),
            peer: heartbeat.peer,
            ..Registration::default()
        };
        let bound = self.bind(&registration);
        if let (Caller::Instance(caller), None) = (&heartbeat.caller, &bound) {
            let caller = caller.clone();
            return Err(RosterError::NotYours { caller, id });
        }
        let may = match &bound {
            Some(bound) if self.known.contains(&bound.instance) => false,
            Some(bound) if bound.instance.component == id.as_str() => true,
            _ => id.starts_with(MADE_UP),
        };
        if !may {
            return Err(RosterError::UnknownService { id });
        }
        let service = match bound.as_ref() {
            Some(bound) if !id.starts_with(MADE_UP) => bound.instance.to_string(),
            _ => id,
        };
        self.admit(&service, registration, bound, now)?;
        self.told
            .push(Happening::new(&service, HappeningKind::Adopted));
        Ok(service)
    }

    /// Under which id a service is known: what it is called if it may be called that.
    pub(super) fn name_for(
        &self,
        registration: &Registration,
        bound: Option<&Bound>,
        now: Moment,
    ) -> Result<String, RosterError> {
        let ids = [&registration.component_id, &registration.service_id];
        let mut named = ids.into_iter().flatten().filter(|id| !id.is_empty());
        match (&registration.caller, bound, named.next().cloned()) {
            (Caller::Instance(caller), None, named) => Err(RosterError::NotYours {
                caller: caller.clone(),
                id: named.unwrap_or_else(|| "an instance that is no longer".to_owned()),
            }),
            // What it calls itself may be another's id.
            (Caller::Instance(_), Some(bound), _) | (Caller::Trusted, Some(bound), None) => {
                Ok(bound.instance.to_string())
            }
            (Caller::Trusted, Some(bound), Some(named)) => Ok(self.name_of(bound, named)),
            (Caller::Trusted, None, Some(named)) => Ok(named),
            (Caller::Trusted, None, None) => Ok(self.make_up(registration, now)),
        }
    }

    /// Instances of one component that call themselves alike need an id each.
    fn name_of(&self, bound: &Bound, named: String) -> String {
        if bound.instance.component == named.as_str() {
            return bound.instance.to_string();
        }
        let other = self
            .members
            .get(&named)
            .and_then(|entry| entry.bound.as_ref());
        match other {
            Some(other) if other.instance != bound.instance => bound.instance.to_string(),
            _ => named,
        }
    }

    fn make_up(&self, registration: &Registration, now: Moment) -> String {
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

    /// Takes a service in. Whom it replaces goes; without room for it nothing changes but that
    /// strangers which fell silent are gone.
    pub(super) fn admit(
        &mut self,
        service: &str,
        registration: Registration,
        bound: Option<Bound>,
        now: Moment,
    ) -> Result<(), RosterError> {
        let entry = Entry::new(registration, service, now);
        let (bytes, limit) = (entry.bytes, self.limits.member_bytes);
        if bytes > limit {
            return Err(RosterError::TooLarge { bytes, limit });
        }
        self.make_room(service, bytes, bound.as_ref())?;
        self.take_away(service);
        if let Some(bound) = &bound {
            self.remove_service_of(&bound.instance, "another took its place");
        }
        self.bytes += bytes;
        let due = entry.due();
        self.members.insert(service.to_owned(), entry);
        self.check_by(due);
        if let Some(bound) = bound {
            self.attach(service, bound);
        }
        Ok(())
    }

    fn make_room(
        &mut self,
        service: &str,
        bytes: usize,
        bound: Option<&Bound>,
    ) -> Result<(), RosterError> {
        let taken = bound
            .and_then(|bound| self.services.get(&bound.instance))
            .cloned();
        let replaced = |name: &str| name == service || taken.as_deref() == Some(name);
        loop {
            let going = self.members.iter().filter(|(name, _)| replaced(name));
            let (services, freed) =
                going.fold((0, 0), |sum, (_, entry)| (sum.0 + 1, sum.1 + entry.bytes));
            let members = self.members.len() - services;
            if members < self.limits.members && self.bytes - freed + bytes <= self.limits.bytes {
                return Ok(());
            }
            let strangers = self.members.iter().filter(|(name, entry)| {
                entry.pulse.silent && entry.bound.is_none() && !replaced(name)
            });
            let oldest = strangers.min_by_key(|(name, entry)| (entry.pulse.seen.at, *name));
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return Err(RosterError::Full {
                    services: self.members.len(),
                });
            };
            self.remove(&oldest, "its place was needed");
        }
    }

    /// Makes a service the one of an instance that has none.
    pub(super) fn attach(&mut self, service: &str, bound: Bound) {
        let Some(entry) = self.members.get_mut(service) else {
            return;
        };
        let instance = self.expected.get(&bound.instance);
        entry
            .pulse
            .tell(instance.and_then(|one| one.heartbeat_every));
        self.known.insert(bound.instance.clone());
        self.services
            .insert(bound.instance.clone(), service.to_owned());
        let kind = HappeningKind::Bound(bound.clone());
        self.told.push(Happening::new(service, kind));
        entry.bound = Some(bound);
        let due = entry.due();
        self.check_by(due);
    }

    pub(super) fn remove_service_of(&mut self, id: &InstanceId, why: &'static str) {
        if let Some(service) = self.services.get(id).cloned() {
            self.remove(&service, why);
        }
    }

    pub(super) fn remove(&mut self, service: &str, why: &'static str) {
        if self.take_away(service) {
            let kind = HappeningKind::Removed { why };
            self.told.push(Happening::new(service, kind));
        }
    }

    fn take_away(&mut self, service: &str) -> bool {
        let Some(entry) = self.members.remove(service) else {
            return false;
        };
        self.bytes -= entry.bytes;
        if let Some(bound) = entry.bound {
            self.services.remove(&bound.instance);
        }
        true
    }
}
