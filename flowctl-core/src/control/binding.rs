use std::{collections::BTreeMap, fmt};

use super::{Caller, Declared, Expected, InstanceId, Registration};
use crate::{ComponentId, spec::Role};

/// Which instance of the run a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bound {
    /// The instance.
    pub instance: InstanceId,
    /// Which start of it.
    pub generation: u32,
    /// The component's role.
    pub role: Role,
    /// How that was found out.
    pub how: Binding,
}

/// How it was found out which instance a service is, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Binding {
    /// Its call proved it.
    Identity,
    /// It gave a component's id.
    ComponentId,
    /// It gave a service id that is a component's id.
    ServiceId,
    /// Its metadata name the component.
    Metadata,
    /// It called from the address of the instance.
    PeerAddress,
    /// Its health endpoint has the port that the instance was given.
    HealthPort,
    /// No other instance of its role was without a service.
    OnlyOfItsRole,
}

impl Binding {
    /// As a fragment for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "the identity of its call",
            Self::ComponentId => "its component id",
            Self::ServiceId => "its service id",
            Self::Metadata => "component_id in its metadata",
            Self::PeerAddress => "the address it called from",
            Self::HealthPort => "the port of its health endpoint",
            Self::OnlyOfItsRole => "being the only one left of its role",
        }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Finds out which instance a registration comes from, in the order that the module's documentation
/// gives. `taken` says which instances have a service already.
pub(super) fn bind(
    registration: &Registration,
    expected: &BTreeMap<InstanceId, Expected>,
    taken: impl Fn(&InstanceId) -> bool,
) -> Option<Bound> {
    let all = || expected.values();
    let bound = |(instance, how): (&Expected, Binding)| Bound {
        instance: instance.id(),
        generation: instance.generation,
        role: instance.role,
        how,
    };
    if let Caller::Instance(id) = &registration.caller {
        return expected.get(id).map(|one| bound((one, Binding::Identity)));
    }
    let peer = registration
        .peer
        .filter(|peer| !peer.to_canonical().is_loopback());
    let at_peer = |one: &&Expected| {
        peer.is_some_and(|peer| {
            one.peer
                .is_some_and(|own| own.to_canonical() == peer.to_canonical())
        })
    };
    let health_port = registration.health_port();
    let on_port = |one: &&Expected| health_port.is_some() && one.health_port == health_port;
    // Several instances of one component: the one that address or port tell, else the first that is
    // free, else the first.
    let of_component = |id: Option<&String>| {
        let id: ComponentId = id?.parse().ok()?;
        let instances: Vec<_> = all().filter(|one| one.component == id).collect();
        let told = only(instances.iter().copied().filter(at_peer))
            .or_else(|| only(instances.iter().copied().filter(on_port)));
        told.or_else(|| instances.iter().copied().find(|one| !taken(&one.id())))
            .or_else(|| instances.first().copied())
    };
    let free_of_role = || {
        let Declared::Role(role) = registration.settled() else {
            return None;
        };
        only(all().filter(|one| one.role == role && !taken(&one.id())))
    };
    let by = |how| move |one| (one, how);
    of_component(registration.component_id.as_ref())
        .map(by(Binding::ComponentId))
        .or_else(|| of_component(registration.service_id.as_ref()).map(by(Binding::ServiceId)))
        .or_else(|| {
            of_component(registration.metadata.get("component_id")).map(by(Binding::Metadata))
        })
        .or_else(|| only(all().filter(at_peer)).map(by(Binding::PeerAddress)))
        .or_else(|| only(all().filter(on_port)).map(by(Binding::HealthPort)))
        .or_else(|| free_of_role().map(by(Binding::OnlyOfItsRole)))
        .map(bound)
}

/// The one, if there is exactly one.
fn only<'a>(mut found: impl Iterator<Item = &'a Expected>) -> Option<&'a Expected> {
    let one = found.next()?;
    found.next().is_none().then_some(one)
}
