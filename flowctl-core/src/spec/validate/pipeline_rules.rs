//! Rules between components: ids, dependencies, ports of this machine.

use std::collections::HashMap;

use super::{component_rules, field_rules, workload_rules};
use crate::spec::{
    Catalog, ComponentSpec, Diagnostic, PipelineSpec, Port, Role, codes, path::FieldPath,
};

/// Where a component stands in its spec. The path is made only when there is something to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    role: Role,
    index: usize,
}

impl Place {
    pub(crate) fn path(self) -> FieldPath {
        FieldPath::component(self.role.list(), self.index)
    }

    pub(crate) fn at(self, key: &str) -> FieldPath {
        self.path().key(key)
    }
}

/// The place of each component, in the order of `spec.components`.
pub(crate) fn places(spec: &PipelineSpec) -> Vec<Place> {
    let mut counts = HashMap::new();
    let place = |component: &ComponentSpec| {
        let count = counts.entry(component.role).or_insert(0);
        *count += 1;
        Place {
            role: component.role,
            index: *count - 1,
        }
    };
    spec.components.iter().map(place).collect()
}

/// The first component with each id.
pub(super) type ById<'a> = HashMap<&'a str, &'a ComponentSpec>;

/// Everything that is wrong with the components, one by one and together; edges are the graph's.
pub(crate) fn problems(spec: &PipelineSpec, catalog: &dyn Catalog) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let places = places(spec);
    let mut by_id = ById::new();
    let mut first = HashMap::new();
    let mut ports = HashMap::new();
    for (component, &place) in spec.components.iter().zip(&places) {
        if let Some(other) = first.insert(component.id.as_str(), place) {
            let message = format!("two components have the id `{}`", component.id);
            let problem = Diagnostic::new(codes::DUPLICATE_ID, place.at("id"), message);
            out.push(problem.label("taken").related([other.at("id")]));
        }
        by_id.entry(component.id.as_str()).or_insert(component);
        for (n, port) in component.ports.iter().enumerate() {
            host_port(
                component,
                port,
                &place.at("ports").index(n),
                &mut ports,
                &mut out,
            );
        }
    }
    if !spec
        .components
        .iter()
        .any(|component| component.role == Role::Source)
    {
        out.push(missing_role(codes::NO_SOURCE, Role::Source));
    }
    if !spec
        .components
        .iter()
        .any(|component| component.role == Role::Sink)
    {
        out.push(missing_role(codes::NO_SINK, Role::Sink));
    }
    for (component, &place) in spec.components.iter().zip(&places) {
        workload_rules::check(component, place, catalog, &mut out);
        component_rules::check(component, place, &by_id, catalog, &mut out);
        field_rules::check(component, place, &mut out);
    }
    out
}

fn missing_role(code: crate::spec::Code, role: Role) -> Diagnostic {
    let path = FieldPath::root().key("spec");
    Diagnostic::new(code, path, format!("the pipeline has no {role}"))
        .at_key()
        .help(format!("add a component under `spec.{}`", role.list()))
}

type HostPorts<'a> = HashMap<(crate::spec::Protocol, u16), (&'a str, FieldPath)>;

fn host_port<'a>(
    component: &'a ComponentSpec,
    port: &Port,
    path: &FieldPath,
    taken: &mut HostPorts<'a>,
    out: &mut Vec<Diagnostic>,
) {
    let Some(host_port) = port.host_port else {
        return;
    };
    let path = path.key("hostPort");
    match taken.entry((port.protocol, host_port)) {
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert((component.id.as_str(), path));
        }
        std::collections::hash_map::Entry::Occupied(taken) => {
            let (owner, other) = taken.get();
            let message = format!("port {host_port} of this machine is already for `{owner}`");
            out.push(
                Diagnostic::new(codes::PORT_TAKEN, path, message)
                    .found(host_port.to_string())
                    .related([other.clone()])
                    .help("leave `hostPort` out to get any free port"),
            );
        }
    }
}
