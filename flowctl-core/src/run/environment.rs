//! The environment that a served component is started with. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use crate::{
    ComponentId,
    connector::Wire,
    executor::BoundPort,
    spec::{ComponentSpec, Role},
};

/// What a served component has to be told about the run that it belongs to.
#[derive(Debug)]
pub(super) struct Around<'a> {
    /// Where it reaches the control plane, if there is one.
    pub(super) control_plane: Option<&'a str>,
    /// The ports on which it is to listen.
    pub(super) ports: &'a [BoundPort],
    /// Where it reaches the others, by id and alias.
    pub(super) others: &'a BTreeMap<ComponentId, Vec<BoundPort>>,
    /// The components that it pulls from.
    pub(super) pulls: Vec<Pull<'a>>,
}

/// A component that another one pulls from.
#[derive(Debug)]
pub(super) struct Pull<'a> {
    pub(super) from: &'a ComponentId,
    /// The environment that it is started with.
    pub(super) environment: &'a BTreeMap<String, String>,
    /// How the events between the two travel, as far as the registry knows.
    pub(super) wires: Vec<&'a Wire>,
}

/// All variables of a component, and which of them flowctl set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    pub(super) variables: BTreeMap<String, String>,
    pub(super) set: BTreeSet<String>,
}

/// How often a component sends a heartbeat.
pub(super) const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

/// The same as text. In milliseconds, because that is the one form which the
/// Node component (it reads an integer) and the Go ones (they read a duration) take alike.
const HEARTBEAT: &str = "10000ms";

/// The variables of `component`: those of its spec, with the addresses of others made good, and over
/// them what flowctl sets.
///
/// The names are those that the components of the Go flowctl read; together they suit all of them.
pub(super) fn environment(component: &ComponentSpec, around: &Around<'_>) -> Environment {
    let mut environment = Environment {
        variables: component.env.clone(),
        set: BTreeSet::new(),
    };
    for (name, value) in &component.env {
        if let Some(reachable) = reachable(value, around.others) {
            environment.set(name, reachable);
        }
    }
    for pull in &around.pulls {
        for name in pull.wires.iter().flat_map(|wire| &wire.shared_variables) {
            if let Some(value) = pull.environment.get(name)
                && !environment.variables.contains_key(name)
            {
                environment.set(name, value.clone());
            }
        }
    }
    let id = component.id.as_str();
    for name in ["COMPONENT_ID", "FLOWCTL_COMPONENT_ID", "FLOWCTL_SERVICE_ID"] {
        environment.set(name, id);
    }
    if let Some(address) = around.control_plane
        && component.role != Role::Service
    {
        environment.set("ENABLE_FLOWCTL", "true");
        environment.set("FLOWCTL_ENDPOINT", address);
        environment.set("FLOWCTL_HEARTBEAT_INTERVAL", HEARTBEAT);
    }
    ports(around.ports, &mut environment);
    pulls(around, &mut environment);
    environment
}

/// The ports in the forms that components look for: `PORT` with a colon, which suits every Go program
/// (one listens on it as it is) and is understood by ours; the others as plain numbers.
fn ports(ports: &[BoundPort], environment: &mut Environment) {
    let hosts = ports
        .iter()
        .filter_map(|port| Some(port.address.rsplit_once(':')?.0));
    let mut loopback =
        hosts.filter(|host| host.parse().is_ok_and(|host: IpAddr| host.is_loopback()));
    // Where the others reach it over loopback, nobody else needs to.
    if let Some(host) = loopback.next() {
        environment.set("LISTEN_HOST", host);
    }
    if let Some(main) = BoundPort::named(ports, BoundPort::MAIN) {
        environment.set("PORT", format!(":{}", number(main)));
        environment.set("GRPC_PORT", number(main));
    }
    if let Some(health) = BoundPort::named(ports, BoundPort::HEALTH) {
        environment.set("HEALTH_PORT", number(health));
        let host = health.address.rsplit_once(':');
        let host = host.map_or("127.0.0.1", |(host, _)| host);
        let endpoint = format!("http://{host}:{}/health", number(health));
        environment.set("HEALTH_ENDPOINT", endpoint);
    }
}

fn pulls(around: &Around<'_>, environment: &mut Environment) {
    let mut inputs = Vec::new();
    for pull in &around.pulls {
        let ports = around.others.get(pull.from).map(Vec::as_slice);
        let Some(main) = ports.and_then(|ports| BoundPort::named(ports, BoundPort::MAIN)) else {
            continue;
        };
        for name in pull.wires.iter().flat_map(|wire| &wire.address_variables) {
            environment.set(name, main.address.clone());
        }
        inputs.push(format!("{}={}", pull.from, main.address));
    }
    if !inputs.is_empty() {
        environment.set("FLOWCTL_INPUTS", inputs.join(","));
    }
}

impl Environment {
    fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if self.variables.get(name) != Some(&value) {
            self.set.insert(name.to_owned());
        }
        self.variables.insert(name.to_owned(), value);
    }
}

/// The number of a port as text. A plan does not know the ports that are chosen at the start.
fn number(port: &BoundPort) -> String {
    match port.number {
        0 => "(free)".to_owned(),
        number => number.to_string(),
    }
}

/// The value with the address that it names made one that can be reached: `id:port` and
/// `scheme://id:port/…`, where `id` is another component. `None`: it names none, or is right already.
fn reachable(value: &str, others: &BTreeMap<ComponentId, Vec<BoundPort>>) -> Option<String> {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, value),
    };
    let (authority, path) = match (scheme, rest.find('/')) {
        (Some(_), Some(slash)) => rest.split_at(slash),
        (Some(_), None) => (rest, ""),
        (None, _) => (rest, ""),
    };
    let (host, port) = authority.split_once(':')?;
    let port: u16 = port.parse().ok()?;
    let ports = others.get(host)?;
    let meant = |bound: &&BoundPort| bound.declared == Some(port);
    let bound = ports.iter().find(meant)?;
    let address = &bound.address;
    let made = match scheme {
        Some(scheme) => format!("{scheme}://{address}{path}"),
        None => address.clone(),
    };
    (made != value).then_some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(id: &str, env: &[(&str, &str)]) -> ComponentSpec {
        let mut component = ComponentSpec::new(id.parse().unwrap(), Role::Processor);
        component.env = env
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        component
    }

    fn ports(id: &str, main: u16, health: u16) -> (ComponentId, Vec<BoundPort>) {
        let main =
            BoundPort::new(BoundPort::MAIN, main, format!("127.0.0.1:{main}")).declared(50051);
        let health =
            BoundPort::new(BoundPort::HEALTH, health, format!("127.0.0.1:{health}")).declared(8088);
        (id.parse().unwrap(), vec![main, health])
    }

    #[test]
    fn an_address_of_another_component_is_made_one_that_can_be_reached() {
        let others = BTreeMap::from([ports("source", 40001, 40002)]);
        for (value, expected) in [
            ("source:50051", Some("127.0.0.1:40001")),
            (
                "http://source:8088/health?x=1",
                Some("http://127.0.0.1:40002/health?x=1"),
            ),
            ("http://source:8088", Some("http://127.0.0.1:40002")),
            ("source:1", None),
            ("other:50051", None),
            ("source", None),
            ("source:50051:1", None),
            ("https://example.org:8088/source:50051", None),
            (":50051", None),
            ("", None),
        ] {
            assert_eq!(reachable(value, &others).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn what_flowctl_sets_wins_and_what_both_ends_must_agree_on_is_taken_over() {
        let wire = Wire::new("p")
            .address_in(["SOURCE_SERVICE_ADDRESS"])
            .shares(["NETWORK", "MODE"]);
        let source = component("source", &[("NETWORK", "test"), ("MODE", "a")]);
        let reader = component(
            "reader",
            &[
                ("PORT", "1"),
                ("MODE", "b"),
                ("SOURCE_SERVICE_ADDRESS", "source:50051"),
                ("KEEP", "k"),
            ],
        );
        let others = BTreeMap::from([ports("source", 40001, 40002)]);
        let (_, own) = ports("reader", 50051, 40004);
        let made = environment(
            &reader,
            &Around {
                control_plane: Some("127.0.0.1:8080"),
                ports: &own,
                others: &others,
                pulls: vec![Pull {
                    from: &source.id,
                    environment: &source.env,
                    wires: vec![&wire],
                }],
            },
        );
        let lines: Vec<String> = made
            .variables
            .iter()
            .map(|(name, value)| {
                let mark = if made.set.contains(name) { "+" } else { " " };
                format!("{mark}{name}={value}")
            })
            .collect();
        assert_eq!(
            lines,
            [
                "+COMPONENT_ID=reader",
                "+ENABLE_FLOWCTL=true",
                "+FLOWCTL_COMPONENT_ID=reader",
                "+FLOWCTL_ENDPOINT=127.0.0.1:8080",
                "+FLOWCTL_HEARTBEAT_INTERVAL=10000ms",
                "+FLOWCTL_INPUTS=source=127.0.0.1:40001",
                "+FLOWCTL_SERVICE_ID=reader",
                "+GRPC_PORT=50051",
                "+HEALTH_ENDPOINT=http://127.0.0.1:40004/health",
                "+HEALTH_PORT=40004",
                " KEEP=k",
                "+LISTEN_HOST=127.0.0.1",
                " MODE=b",
                "+NETWORK=test",
                "+PORT=:50051",
                "+SOURCE_SERVICE_ADDRESS=127.0.0.1:40001",
            ]
        );
    }
}
