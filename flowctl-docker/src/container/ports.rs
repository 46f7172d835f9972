use std::collections::HashMap;

use bollard::models::PortBinding;
use flowctl_core::{
    ComponentSpec,
    executor::{BoundPort, Instance, WantedPort},
    spec::Protocol,
};

use super::label;

/// A port of a container that is published on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedPort {
    pub(crate) name: String,
    pub(crate) number: u16,
    pub(crate) protocol: &'static str,
    /// The port of this machine, where the spec pins one.
    pub(crate) host_port: Option<u16>,
}

impl PublishedPort {
    /// As the engine names it: `8080/tcp`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.number, self.protocol)
    }
}

/// Where a component that names no port is to serve: where the components of the Go flowctl do by
/// default. A container has all its ports to itself, so none has to be free.
const MAIN: u16 = 50051;
/// The same for health checks: the first that the Go flowctl gives.
const HEALTH: u16 = 18081;

/// The ports of a component. The other instances of the run reach them under the component's id.
pub(crate) fn reserved(component: &ComponentSpec) -> Vec<BoundPort> {
    WantedPort::of(component)
        .into_iter()
        .map(|wanted| {
            let given = if wanted.name == BoundPort::HEALTH {
                HEALTH
            } else {
                MAIN
            };
            let number = wanted.declared.unwrap_or(given);
            let port = BoundPort::new(wanted.name, number, format!("{}:{number}", component.id));
            match wanted.declared {
                Some(declared) => port.declared(declared),
                None => port,
            }
        })
        .collect()
}

/// The ports that an instance is started with: what was reserved for it, else what its spec names.
pub(crate) fn published(instance: &Instance) -> Vec<PublishedPort> {
    let component = &instance.component;
    let ports = if instance.ports.is_empty() {
        let mut ports = reserved(component);
        ports.retain(|port| port.declared.is_some());
        ports
    } else {
        instance.ports.clone()
    };
    ports
        .into_iter()
        .map(|port| {
            let spec = component
                .ports
                .iter()
                .find(|spec| Some(spec.container_port) == port.declared);
            PublishedPort {
                name: port.name,
                number: port.number,
                protocol: match spec.map_or(Protocol::Tcp, |spec| spec.protocol) {
                    Protocol::Tcp => "tcp",
                    Protocol::Udp => "udp",
                    Protocol::Sctp => "sctp",
                },
                host_port: spec.and_then(|spec| spec.host_port),
            }
        })
        .collect()
}

/// Where the engine is asked to publish the ports: on loopback, at the pinned port or any free one.
pub(super) fn bindings(ports: &[PublishedPort]) -> HashMap<String, Option<Vec<PortBinding>>> {
    ports
        .iter()
        .map(|port| {
            let binding = PortBinding {
                host_ip: Some("127.0.0.1".to_owned()),
                host_port: Some(port.host_port.map_or_else(String::new, |p| p.to_string())),
            };
            (port.key(), Some(vec![binding]))
        })
        .collect()
}

/// The labels that let any process find a port by its name.
pub(super) fn labels(ports: &[PublishedPort]) -> impl Iterator<Item = (String, String)> {
    ports
        .iter()
        .map(|port| (format!("{}{}", label::PORT, port.name), port.key()))
}

#[cfg(test)]
mod tests {
    use flowctl_core::{
        ComponentId,
        component::ComponentContext,
        executor::RunScope,
        spec::{Port, Role},
    };

    use super::*;

    fn shown(component: &ComponentSpec, reserve: bool) -> Vec<String> {
        let run = RunScope::new(
            "default".parse().unwrap(),
            "ttp".parse().unwrap(),
            flowctl_core::RunId::from_bits(1),
        );
        let context = ComponentContext::detached(component.id.clone());
        let mut instance = Instance::new(run, component.clone(), context);
        if reserve {
            instance.ports = reserved(component);
        }
        published(&instance)
            .iter()
            .map(|port| format!("{} {} {:?}", port.name, port.key(), port.host_port))
            .collect()
    }

    fn component(role: Role) -> ComponentSpec {
        let id: ComponentId = "source".parse().unwrap();
        ComponentSpec::new(id, role)
    }

    #[test]
    fn ports_are_published_as_the_spec_has_them() {
        let mut component = component(Role::Source);
        component.ports = vec![
            Port::new(8080),
            Port::new(50052).host_port(1),
            Port::new(9001),
        ];
        component.ports[2].name = Some("metrics".to_owned());
        component.ports[2].protocol = Protocol::Udp;
        component.health_port = Some(8080);
        let expected = [
            "health 8080/tcp None",
            "main 50052/tcp Some(1)",
            "metrics 9001/udp None",
        ];
        assert_eq!(shown(&component, false), expected);
        assert_eq!(shown(&component, true), expected);
        assert_eq!(reserved(&component)[1].address, "source:50052");
    }

    #[test]
    fn who_names_no_port_is_given_some_unless_it_is_a_service() {
        let mut source = component(Role::Source);
        source.health_port = Some(8088);
        assert_eq!(
            shown(&source, true),
            ["main 50051/tcp None", "health 8088/tcp None"]
        );
        assert_eq!(shown(&source, false), ["health 8088/tcp None"]);
        assert_eq!(
            shown(&component(Role::Sink), true),
            ["main 50051/tcp None", "health 18081/tcp None"]
        );
        assert_eq!(reserved(&component(Role::Service)), []);
    }
}
