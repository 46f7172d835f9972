//! Which connector carries a served component, and in which protocol.

use std::sync::Arc;

use super::{
    error::{RunError, RunErrorKind},
    layout::Node,
    readiness::{Question, readiness},
    runner::Parts,
    started::Started,
};
use crate::{
    component::ComponentContext,
    connector::{Connector, Served},
    executor::{BoundPort, Endpoint, Local, Objects},
    spec::{Check, Role},
};

impl Parts {
    /// The protocol that a component serves: what its spec says, else that of the events it emits, else
    /// what it registered under `protocol`.
    pub(super) fn protocol_of(&self, node: &Node) -> Option<String> {
        let component = &node.component;
        let by_type = || {
            let types = node.gives.iter().chain(&component.output_event_types);
            let mut wires = types.filter_map(|name| self.registry.wire_of(name));
            wires.next().map(|wire| wire.protocol.clone())
        };
        let registered = || {
            let roster = self.control_plane.as_ref()?.roster();
            let member = roster.member_of(&component.id)?;
            member.registration.metadata.get("protocol").cloned()
        };
        component
            .protocol
            .clone()
            .or_else(by_type)
            .or_else(registered)
    }

    /// Who speaks the protocol.
    pub(super) fn connector_of(&self, protocol: &str) -> Option<&Arc<dyn Connector>> {
        let speaks = |connector: &&Arc<dyn Connector>| {
            connector.protocols().iter().any(|known| known == protocol)
        };
        self.connectors.iter().find(speaks)
    }

    /// What must pass before a component counts as ready that listens on these ports.
    pub(super) fn questions(&self, node: &Node, ports: &[BoundPort]) -> Vec<Question> {
        let protocol = self.protocol_of(node);
        let connector = protocol
            .as_deref()
            .and_then(|protocol| Some((protocol, &**self.connector_of(protocol)?)));
        readiness(node, ports, connector, |check| self.can_ask(check))
    }

    /// Whether this question can be asked here.
    fn can_ask(&self, check: &Check) -> bool {
        match check {
            Check::Exec { .. } | Check::Log { .. } => true,
            Check::Registered => self.control_plane.is_some(),
            check => self.probers.iter().any(|prober| prober.can(check)),
        }
    }

    /// The object that stands for an instance: itself where it is in this process, else what a connector
    /// makes of its address.
    pub(super) async fn objects_of(
        &self,
        node: &Node,
        started: &Started,
        context: ComponentContext,
    ) -> Result<Objects, RunError> {
        let endpoint = started
            .reached_at(started.main_port())
            .await
            .map_err(|error| {
                RunError::new(RunErrorKind::NotStarted)
                    .of(&node.component.id)
                    .caused_by(error)
            })?;
        match endpoint {
            Endpoint::Local(local) => Ok(local.take()),
            Endpoint::Network { address } => self.connect(node, started, &address, context).await,
        }
    }

    /// The object that stands for a component which is served at `address`.
    async fn connect(
        &self,
        node: &Node,
        started: &Started,
        address: &str,
        context: ComponentContext,
    ) -> Result<Objects, RunError> {
        let not_started = || RunError::new(RunErrorKind::NotStarted).of(&node.component.id);
        let Some(protocol) = self.protocol_of(node) else {
            return Err(not_started().with_help("say which `protocol` it serves"));
        };
        let Some(connector) = self.connector_of(&protocol) else {
            let help = format!("no connector here speaks `{protocol}`");
            return Err(not_started().with_help(help));
        };
        let served = Served::new(protocol, address, started.component.clone());
        let connected = match node.carried.unwrap_or(node.component.role) {
            Role::Source => connector.source(&served, context).await.map(Local::source),
            Role::Processor => connector
                .processor(&served, context)
                .await
                .map(|processor| Local::processors(vec![processor])),
            Role::Sink => connector.sink(&served, context).await.map(Local::sink),
            Role::Service => return Ok(Objects::Taken),
        };
        connected
            .map(|local| local.take())
            .map_err(|error| not_started().caused_by(error))
    }
}
