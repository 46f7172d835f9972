use std::{collections::BTreeMap, net::IpAddr};

use super::{Caller, Health, MetricValue};

/// A sign of life.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Heartbeat {
    /// Who says so: the service id that the registration was answered with, or a component's id.
    pub service_id: String,
    /// How it says that it is; `None` leaves what it said last.
    pub health: Option<Health>,
    /// Measurements; the ones that are not among them keep their values.
    pub metrics: BTreeMap<String, MetricValue>,
    /// The address that it came from.
    pub peer: Option<IpAddr>,
    /// What is known of the caller.
    pub caller: Caller,
}

impl Heartbeat {
    /// A heartbeat that says nothing but that the service lives.
    pub fn new(service_id: impl Into<String>) -> Self {
        Self {
            service_id: service_id.into(),
            ..Self::default()
        }
    }
}
