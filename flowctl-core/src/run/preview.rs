//! What a plan can tell of served components before anything starts. Pure.

use std::collections::BTreeMap;

use super::{
    layout::{Layout, Node},
    plan::executor_for,
    runner::Parts,
    surroundings::Surroundings,
};
use crate::{
    executor::Executor,
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
    let ports = served()
        .map(|(n, node, executor)| (n, executor.planned_ports(&node.component)))
        .collect();
    let control_plane = parts.control_plane.as_ref().map(|_| "(control plane)");
    let around = Surroundings::new(layout, &parts.registry, ports, |_| control_plane);
    let preview = |(n, node, _): (usize, &Node, _)| {
        let own = around.ports(n);
        let ready = parts.questions(node, own);
        let environment = around.environment(n);
        let variables = environment.iter().flat_map(|of| {
            let set = of
                .variables
                .iter()
                .filter(|(name, _)| of.set.contains(*name));
            set.map(|(name, value)| format!("{name}={value}"))
        });
        let preview = Preview {
            ports: own
                .iter()
                .map(|port| format!("{} {}", port.name, port.address))
                .collect(),
            ready: ready
                .iter()
                .map(|question| asks(&question.probe.check))
                .collect(),
            sets: variables.collect(),
        };
        (n, preview)
    };
    served().map(preview).collect()
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
