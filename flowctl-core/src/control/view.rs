//! What a roster shows.

use std::sync::Arc;

use super::{InstanceId, Member, entry::Entry, moment::Moment, state::State};
use crate::ComponentId;

impl State {
    pub(super) fn members(&self, now: Moment) -> Vec<Member> {
        let members = self.members.iter();
        let mut members: Vec<_> = members
            .map(|(service, entry)| self.member(service, entry, now))
            .collect();
        members.sort_by(|a, b| a.service_id.cmp(&b.service_id));
        members
    }

    /// The service of the first instance of a component that has one.
    pub(super) fn member_of(&self, component: &ComponentId, now: Moment) -> Option<Member> {
        let first = InstanceId::new(component.clone(), 0);
        let (id, service) = self.services.range(first..).next()?;
        if id.component != *component {
            return None;
        }
        self.member_called(service, now)
    }

    pub(super) fn instance(&self, id: &InstanceId, now: Moment) -> Option<Member> {
        self.member_called(self.services.get(id)?, now)
    }

    /// The service that is meant by a service's or a component's id.
    pub(super) fn find(&self, id: &str, now: Moment) -> Option<Member> {
        self.member_called(self.resolve(id)?, now)
    }

    pub(super) fn member_called(&self, service: &str, now: Moment) -> Option<Member> {
        let entry = self.members.get(service)?;
        Some(self.member(service, entry, now))
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
        let said = &entry.registration;
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
            input_types: own_or(&said.input_types, instance.map(|one| &one.input_types)),
            output_types: own_or(&said.output_types, instance.map(|one| &one.output_types)),
            registration: Arc::clone(said),
        }
    }
}
