use super::BoundPort;
use crate::spec::{ComponentSpec, Port, Role};

/// A port on which a component is to listen, as its spec says it or, for a component that says nothing,
/// as flowctl gives it one. What authors of executors build [`Executor::reserve`](super::Executor::reserve)
/// on, so that ports have the same names everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WantedPort {
    /// Its name: [`BoundPort::HEALTH`] for the health port, [`BoundPort::MAIN`] for the first other one,
    /// and for those after it what the spec calls them, else their number there.
    pub name: String,
    /// The number by which the spec calls it.
    pub declared: Option<u16>,
    /// The port of this machine that it must be, with the field that says so: `hostPort`, or
    /// `health_port`, which says so only for what listens on this machine itself.
    pub pinned: Option<(u16, &'static str)>,
}

impl WantedPort {
    /// The ports of a component: those of its spec, and for everything but a service a main port where
    /// it names none and a health port always.
    #[must_use]
    pub fn of(component: &ComponentSpec) -> Vec<Self> {
        let health = component.health_port;
        let is_health = |port: &Port| {
            health.is_some_and(|health| {
                port.container_port == health || port.host_port == Some(health)
            })
        };
        let mut wanted: Vec<Self> = Vec::new();
        let (mut has_main, mut has_health) = (false, false);
        for port in &component.ports {
            let default = match (is_health(port) && !has_health, has_main) {
                (true, _) => {
                    has_health = true;
                    BoundPort::HEALTH.to_owned()
                }
                (false, false) => {
                    has_main = true;
                    BoundPort::MAIN.to_owned()
                }
                (false, true) => port.container_port.to_string(),
            };
            wanted.push(Self {
                // The two that flowctl itself looks for keep their names whatever the spec calls them.
                name: match (default.as_str(), &port.name) {
                    (BoundPort::MAIN | BoundPort::HEALTH, _) | (_, None) => default,
                    (_, Some(name)) => name.clone(),
                },
                declared: Some(port.container_port),
                pinned: port.host_port.map(|number| (number, "hostPort")),
            });
        }
        let given = component.role != Role::Service;
        // A component whose only port is its health port serves nothing else.
        if !has_main && given && component.ports.is_empty() {
            let name = BoundPort::MAIN.to_owned();
            wanted.insert(
                0,
                Self {
                    name,
                    declared: None,
                    pinned: None,
                },
            );
        }
        if !has_health && (given || health.is_some()) {
            wanted.push(Self {
                name: BoundPort::HEALTH.to_owned(),
                declared: health,
                pinned: health.map(|number| (number, "health_port")),
            });
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ports: &[(Option<&str>, u16, Option<u16>)], health: Option<u16>) -> Vec<String> {
        let mut component = ComponentSpec::new("app".parse().unwrap(), Role::Source);
        component.health_port = health;
        component.ports = ports
            .iter()
            .map(|(name, number, host)| {
                let mut port = Port::new(*number);
                port.name = name.map(str::to_owned);
                port.host_port = *host;
                port
            })
            .collect();
        let show = |wanted: WantedPort| match wanted.pinned {
            None => wanted.name,
            Some((number, field)) => format!("{}={number} ({field})", wanted.name),
        };
        WantedPort::of(&component).into_iter().map(show).collect()
    }

    #[test]
    fn ports_have_the_names_that_readers_ask_for() {
        assert_eq!(names(&[], None), ["main", "health"]);
        assert_eq!(
            names(&[], Some(8088)),
            ["main", "health=8088 (health_port)"]
        );
        assert_eq!(
            names(&[(None, 50051, Some(50051))], Some(8088)),
            ["main=50051 (hostPort)", "health=8088 (health_port)"]
        );
        assert_eq!(names(&[(None, 50051, None)], None), ["main", "health"]);
        assert_eq!(
            names(
                &[
                    (Some("grpc"), 50051, None),
                    (None, 9, None),
                    (None, 8088, None)
                ],
                Some(8088)
            ),
            ["main", "9", "health"]
        );
        // The port of the consumer of the worked case is its health port.
        assert_eq!(
            names(&[(None, 3000, Some(3000))], Some(3000)),
            ["health=3000 (hostPort)"]
        );
    }
}
