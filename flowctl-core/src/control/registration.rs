use std::{collections::BTreeMap, net::IpAddr};

use super::InstanceId;
use crate::spec::Role;

/// What a component says about itself when it registers. All of it is optional, and none of it is
/// trusted further than [`Caller`] allows.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Registration {
    /// The id under which it wants to be known.
    pub service_id: Option<String>,
    /// The component that it says it is.
    pub component_id: Option<String>,
    /// Its name, for people.
    pub name: String,
    /// What it does, for people.
    pub description: String,
    /// Its version, for people.
    pub version: String,
    /// What it says that it is.
    pub declared: Declared,
    /// The event types that it takes.
    pub input_types: Vec<String>,
    /// The event types that it emits.
    pub output_types: Vec<String>,
    /// Where it serves, as it says: often without a host.
    pub endpoint: Option<String>,
    /// The URL of its health checks, as it says: usually on `localhost`, so only the port is of use.
    pub health_endpoint: Option<String>,
    /// Events that it wants to have in flight at most.
    pub max_in_flight: Option<u32>,
    /// Anything else.
    pub metadata: BTreeMap<String, String>,
    /// The address that it called from.
    pub peer: Option<IpAddr>,
    /// What is known of the caller.
    pub caller: Caller,
}

/// What is known of who calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caller {
    /// It may speak for anybody: it is on this machine, or has proved that it may.
    #[default]
    Trusted,
    /// It is this instance, and may speak for it alone.
    Instance(InstanceId),
}

/// What a registration says that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Declared {
    /// It does not say.
    #[default]
    Nothing,
    /// A component with this role.
    Role(Role),
    /// A whole pipeline.
    Pipeline,
    /// A sink or a whole pipeline: two generations of components use one number for the two.
    SinkOrPipeline,
}

impl Registration {
    /// What it is, with [`Declared::SinkOrPipeline`] settled: a sink if it names types that it takes or
    /// `consumer_type` or `application` in its metadata, else a pipeline.
    #[must_use]
    pub fn settled(&self) -> Declared {
        let says = |key| self.metadata.contains_key(key);
        match self.declared {
            Declared::SinkOrPipeline
                if !self.input_types.is_empty() || says("consumer_type") || says("application") =>
            {
                Declared::Role(Role::Sink)
            }
            Declared::SinkOrPipeline => Declared::Pipeline,
            declared => declared,
        }
    }

    /// The port in its health endpoint, where it names one.
    pub(super) fn health_port(&self) -> Option<u16> {
        let url = self.health_endpoint.as_deref()?;
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next()?;
        authority.rsplit_once(':')?.1.parse().ok()
    }

    /// What it takes to keep it, in bytes of text.
    pub(super) fn bytes(&self) -> usize {
        let optional = [
            &self.service_id,
            &self.component_id,
            &self.endpoint,
            &self.health_endpoint,
        ];
        let optional = optional.into_iter().flatten();
        let types = self.input_types.iter().chain(&self.output_types);
        let metadata = self.metadata.iter().flat_map(|(key, value)| [key, value]);
        [&self.name, &self.description, &self.version]
            .into_iter()
            .chain(optional)
            .chain(types)
            .chain(metadata)
            .map(String::len)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_health_endpoint() {
        let port = |url: &str| {
            let registration = Registration {
                health_endpoint: Some(url.to_owned()),
                ..Registration::default()
            };
            registration.health_port()
        };
        assert_eq!(port("http://localhost:8088/health"), Some(8088));
        assert_eq!(port("localhost:8093"), Some(8093));
        assert_eq!(port(":8093/health"), Some(8093));
        assert_eq!(port("http://[::1]:80"), Some(80));
        assert_eq!(port("http://localhost/health:9"), None);
        assert_eq!(port("docker://container/3f2a/health"), None);
        assert_eq!(port("http://localhost:99999/"), None);
        assert_eq!(port(""), None);
    }

    #[test]
    fn what_may_be_both_is_a_sink_if_it_takes_events_or_says_that_it_consumes() {
        let ambiguous = Registration {
            declared: Declared::SinkOrPipeline,
            ..Registration::default()
        };
        assert_eq!(ambiguous.settled(), Declared::Pipeline);
        let with_key = |key: &str| Registration {
            metadata: BTreeMap::from([(key.to_owned(), "x".to_owned())]),
            ..ambiguous.clone()
        };
        let sink = Declared::Role(Role::Sink);
        assert_eq!(with_key("consumer_type").settled(), sink);
        assert_eq!(with_key("application").settled(), sink);
        assert_eq!(with_key("pipeline_id").settled(), Declared::Pipeline);
        let takes = Registration {
            input_types: vec!["a".to_owned()],
            ..ambiguous
        };
        assert_eq!(takes.settled(), sink);
    }
}
