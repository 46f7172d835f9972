//! What a plan can tell of served components before anything starts. Pure.

use std::collections::BTreeMap;

use super::{
    environment::{Around, Environment, Pull, environment},
    layout::{Layout, Node},
    plan::executor_for,
    readiness::readiness,
    runner::Parts,
};
use crate::{
    ComponentId,
    connector::Wire,
    executor::{BoundPort, Executor},
    graph::EventTypes,
    registry::Registry,
    spec::{
        Check, ComponentSpec, Diagnostic, PipelineSpec, Workload, codes, is_default,
        validate::{Place, places},
    },
};

/// What is known of one served component.
#[derive(Clone, Debug, Default)]
pub(super) struct Preview {
    pub(super) ports: Vec<String>,
    pub(super) ready: Vec<String>,
    pub(super) sets: Vec<String>,
}

/// What is known of the served components, by their place in the layout.
pub(super) fn previews(layout: &Layout, parts: &Parts) -> BTreeMap<usize, Preview> {
    let served = || {
        let nodes = layout
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.served);
        nodes.filter_map(|(n, node)| {
            let executor = executor_for(node.component.workload()?, &parts.executors)?;
            Some((n, node, executor))
        })
    };
    let ports: BTreeMap<usize, Vec<BoundPort>> = served()
        .map(|(n, node, executor)| (n, executor.planned_ports(&node.component)))
        .collect();
    let mut others: BTreeMap<ComponentId, Vec<BoundPort>> = BTreeMap::new();
    for (n, node, _) in served() {
        for id in [&node.component.id]
            .into_iter()
            .chain(&node.component.aliases)
        {
            others.insert(id.clone(), ports.get(&n).cloned().unwrap_or_default());
        }
    }
    let mut environments: BTreeMap<usize, Environment> = BTreeMap::new();
    let preview = |(n, node, _): (usize, &Node, _)| {
        let own = ports.get(&n).map_or(&[][..], Vec::as_slice);
        let around = Around {
            control_plane: parts.control_plane.as_ref().map(|_| "(control plane)"),
            ports: own,
            others: &others,
            pulls: pulls(layout, node, &parts.registry, &environments),
        };
        let environment = environment(&node.component, &around);
        let set = environment
            .variables
            .iter()
            .filter(|(name, _)| environment.set.contains(*name));
        let protocol = parts.protocol_of(node);
        let connector = protocol
            .as_deref()
            .and_then(|protocol| Some((protocol, &**parts.connector_of(protocol)?)));
        let ready = readiness(node, own, connector, |check| parts.can_ask(check));
        let preview = Preview {
            ports: own
                .iter()
                .map(|port| format!("{} {}", port.name, port.address))
                .collect(),
            ready: ready
                .iter()
                .map(|question| asks(&question.probe.check))
                .collect(),
            sets: set.map(|(name, value)| format!("{name}={value}")).collect(),
        };
        environments.insert(n, environment);
        (n, preview)
    };
    served().map(preview).collect()
}

/// Whom a component pulls from, and how the events between the two travel as far as is known.
///
/// `environments` holds those of the components before this one in the layout: whom it pulls from is.
pub(super) fn pulls<'a>(
    layout: &'a Layout,
    node: &Node,
    registry: &'a Registry,
    environments: &'a BTreeMap<usize, Environment>,
) -> Vec<Pull<'a>> {
    let pulls = node.pulls.iter().filter_map(|(place, types)| {
        let from = layout.nodes.get(*place)?;
        let environment = environments.get(place).map(|of| &of.variables);
        Some(Pull {
            from: &from.component.id,
            environment: environment.unwrap_or(&from.component.env),
            wires: wires(from, types, registry),
        })
    });
    pulls.collect()
}

fn wires<'a>(from: &Node, types: &EventTypes, registry: &'a Registry) -> Vec<&'a Wire> {
    let listed = match types {
        EventTypes::Only(types) => types.iter().collect::<Vec<_>>(),
        EventTypes::All => from.component.output_event_types.iter().collect(),
    };
    let mut wires: Vec<&Wire> = Vec::new();
    for wire in listed.into_iter().filter_map(|name| registry.wire_of(name)) {
        if !wires.contains(&wire) {
            wires.push(wire);
        }
    }
    wires
}

fn asks(check: &Check) -> String {
    match check {
        Check::Http { port, path } => format!("http {port} {path}"),
        Check::Grpc { port, .. } => format!("grpc {port}"),
        Check::Tcp { port } => format!("tcp {port}"),
        Check::Exec { command } => format!("exec {}", command.join(" ")),
        Check::Log { contains } => format!("a line with `{contains}`"),
        Check::Registered => "registered".to_owned(),
    }
}

/// What served components ask for and their executors cannot honour, or were told to set aside.
pub(super) fn unsupported(
    pipeline: &PipelineSpec,
    executors: &[std::sync::Arc<dyn Executor>],
) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (component, place) in pipeline.components.iter().zip(places(pipeline)) {
        if component.replicas > 1 {
            let message = format!(
                "`replicas` of `{}` is {}: this version starts one instance of each",
                component.id, component.replicas
            );
            out.push(refusal(
                place,
                "replicas",
                message,
                "remove it; `concurrency` makes one instance work on several batches at once",
            ));
        }
        let Some(workload @ (Workload::Process(_) | Workload::Image(_))) = component.workload()
        else {
            continue;
        };
        let Some(executor) = executor_for(workload, executors) else {
            continue;
        };
        let capabilities = executor.capabilities();
        for field in asked(component) {
            let name = executor.name();
            if capabilities.set_aside.contains(field) {
                let message = format!(
                    "`{field}` of `{}` is set aside by the executor `{name}`",
                    component.id
                );
                out.push(Diagnostic::new(codes::SET_ASIDE, place.at(field), message).at_key());
            } else if !capabilities.fields.contains(field) {
                let message = format!(
                    "the executor `{name}` does not support `{field}` of `{}`",
                    component.id
                );
                out.push(refusal(
                    place,
                    field,
                    message,
                    "remove it, or run the component where it has a meaning",
                ));
            }
        }
    }
    out
}

fn refusal(place: Place, field: &'static str, message: String, help: &str) -> Diagnostic {
    Diagnostic::new(codes::UNSUPPORTED, place.at(field), message)
        .at_key()
        .help(help)
}

/// The optional fields that a component asks for and only an executor can honour.
fn asked(component: &ComponentSpec) -> Vec<&'static str> {
    [
        ("args", !component.args.is_empty()),
        ("env", !component.env.is_empty()),
        ("working_dir", component.working_dir.is_some()),
        ("ports", !component.ports.is_empty()),
        ("health_port", component.health_port.is_some()),
        ("resources", !is_default(&component.resources)),
        ("volumes", !component.volumes.is_empty()),
        ("secrets", !component.secrets.is_empty()),
        ("security", !is_default(&component.security)),
        ("aliases", !component.aliases.is_empty()),
        ("image_policy", !is_default(&component.image_policy)),
    ]
    .into_iter()
    .filter_map(|(field, there)| there.then_some(field))
    .collect()
}
