use std::{fmt, net::IpAddr, time::Duration};

use crate::{ComponentId, spec::Role};

/// Which instance of which component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct InstanceId {
    /// The component.
    pub component: ComponentId,
    /// Which of its instances, from 0.
    pub index: u32,
}

impl InstanceId {
    /// The instance with this index, from 0.
    #[must_use]
    pub const fn new(component: ComponentId, index: u32) -> Self {
        Self { component, index }
    }
}

/// The component's id; for instances after the first, `#` and the index besides. `#` is in no
/// component's id, so that two instances never share a text.
impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            0 => write!(f, "{}", self.component),
            index => write!(f, "{}#{index}", self.component),
        }
    }
}

/// An instance that a run started, or is about to, and from which a registration may come.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expected {
    /// The component.
    pub component: ComponentId,
    /// Its role.
    pub role: Role,
    /// Which of its instances, from 0.
    pub index: u32,
    /// Which start of that instance, from 1.
    pub generation: u32,
    /// The port it was told to answer health checks on.
    pub health_port: Option<u16>,
    /// The port it was told to serve on.
    pub main_port: Option<u16>,
    /// The address that its calls come from, where it has one of its own. Usually only known once it
    /// runs; [`Roster::expect`](super::Roster::expect) can be repeated.
    pub peer: Option<IpAddr>,
    /// The secret that it was given to prove who it is.
    pub token: Option<String>,
    /// How often it was told to send heartbeats.
    pub heartbeat_every: Option<Duration>,
    /// The event types that it takes, as the spec says; shown where it registers none.
    pub input_types: Vec<String>,
    /// The event types that it emits, as the spec says; shown where it registers none.
    pub output_types: Vec<String>,
}

impl Expected {
    /// The first instance of a component in its first generation, about which nothing more is known.
    #[must_use]
    pub const fn new(component: ComponentId, role: Role) -> Self {
        Self {
            component,
            role,
            index: 0,
            generation: 1,
            health_port: None,
            main_port: None,
            peer: None,
            token: None,
            heartbeat_every: None,
            input_types: Vec::new(),
            output_types: Vec::new(),
        }
    }

    /// Which instance it is.
    #[must_use]
    pub fn id(&self) -> InstanceId {
        InstanceId::new(self.component.clone(), self.index)
    }
}

/// Everything but the token.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("component", &self.component)
            .field("role", &self.role)
            .field("index", &self.index)
            .field("generation", &self.generation)
            .field("health_port", &self.health_port)
            .field("main_port", &self.main_port)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
