use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use super::{Bound, Declared, Health, MetricValue, Registration};
use crate::{ComponentId, spec::Role};

/// A service that has registered, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    /// The id under which it sends heartbeats; never empty.
    pub service_id: String,
    /// What it said about itself.
    pub registration: Arc<Registration>,
    /// What it said that it is, settled.
    pub declared: Declared,
    /// Which instance of the run it is, and how that was found out; `None`: of none.
    pub bound: Option<Bound>,
    /// How it is.
    pub health: Health,
    /// Why it is that, as a fragment for people.
    pub reason: String,
    /// When it registered (again), by the wall clock.
    pub registered: SystemTime,
    /// When it was last heard of, by the wall clock: its registration, if no heartbeat came since.
    pub last_heard: SystemTime,
    /// Heartbeats since it registered.
    pub heartbeats: u64,
    /// The newest value of every measurement that it sent.
    pub metrics: BTreeMap<String, MetricValue>,
    /// The event types that it takes: what it registered, else what the spec says.
    pub input_types: Vec<String>,
    /// The event types that it emits: what it registered, else what the spec says.
    pub output_types: Vec<String>,
}

impl Member {
    /// The component of the run that it is, if it is one.
    #[must_use]
    pub fn component(&self) -> Option<&ComponentId> {
        self.bound.as_ref().map(|bound| &bound.instance.component)
    }

    /// The id by which people know it: the component's, else what it said, else the service's.
    #[must_use]
    pub fn id(&self) -> &str {
        match self.component() {
            Some(component) => component.as_str(),
            None => self
                .registration
                .component_id
                .as_deref()
                .unwrap_or(&self.service_id),
        }
    }

    /// Its role: the component's, else what it said.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match (&self.bound, self.declared) {
            (Some(bound), _) => Some(bound.role),
            (None, Declared::Role(role)) => Some(role),
            (None, _) => None,
        }
    }
}
