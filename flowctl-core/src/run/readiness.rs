//! Which questions tell that a served component is ready. Pure.

use std::time::Duration;

use super::layout::Node;
use crate::{
    Connector,
    executor::BoundPort,
    spec::{Check, Probe, Role},
};

/// A probe, and the port of the instance that it asks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) probe: Probe,
    /// The name of the port; `None`: the question is not asked over a network.
    pub(super) port: Option<String>,
}

impl Question {
    /// A probe of the spec, which calls ports by the numbers of the spec.
    pub(super) fn of_spec(probe: &Probe, ports: &[BoundPort]) -> Self {
        let number = match &probe.check {
            Check::Http { port, .. } | Check::Grpc { port, .. } | Check::Tcp { port } => {
                Some(*port)
            }
            Check::Exec { .. } | Check::Log { .. } | Check::Registered => None,
        };
        let bound = number.and_then(|number| {
            let declared = ports.iter().find(|port| port.declared == Some(number));
            declared.or_else(|| ports.iter().find(|port| port.number == number))
        });
        // A port that the spec does not list can still be there: the executor says whether it is.
        let port = bound.map(|port| port.name.clone());
        Self {
            probe: probe.clone(),
            port: port.or_else(|| number.map(|number| number.to_string())),
        }
    }
}

/// What must pass before the component counts as ready.
///
/// What the spec says, else: its health port answers, and the port that others dial takes them.
/// `can` tells which checks can be asked here; those that cannot are not derived.
pub(super) fn readiness(
    node: &Node,
    ports: &[BoundPort],
    connector: Option<(&str, &dyn Connector)>,
    can: impl Fn(&Check) -> bool,
) -> Vec<Question> {
    let component = &node.component;
    if let Some(probe) = &component.probes.ready {
        return vec![Question::of_spec(probe, ports)];
    }
    let mut questions = Vec::new();
    let mut ask = |check: Check, port: &str| {
        if can(&check) {
            let mut probe = Probe::new(check);
            probe.timeout = Duration::from_secs(2);
            questions.push(Question {
                probe,
                port: Some(port.to_owned()),
            });
        }
    };
    if let Some(port) = component.health_port {
        let path = component.health_check.clone();
        let path = path.unwrap_or_else(|| "/health".to_owned());
        ask(Check::Http { port, path }, BoundPort::HEALTH);
    }
    let Some(main) = BoundPort::named(ports, BoundPort::MAIN) else {
        return questions;
    };
    let dialled = node.pulled || node.carried.is_some();
    if dialled || main.declared.is_some() {
        let port = main.declared.unwrap_or(main.number);
        let marked = component.env.get("GRPC_PORT");
        let marked =
            marked.is_some_and(|marked| marked.rsplit(':').next() == Some(&port.to_string()));
        let check = match connector {
            Some((protocol, connector)) if dialled => connector.ready_check(protocol, port),
            _ if marked && component.role != Role::Service => Check::Grpc {
                port,
                service: String::new(),
            },
            _ => Check::Tcp { port },
        };
        ask(check, BoundPort::MAIN);
    }
    questions
}
