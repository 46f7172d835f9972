//! What served components are told of each other, before any of them starts. Pure.

use std::collections::BTreeMap;

use super::{
    environment::{Around, Environment, Pull, environment},
    layout::{Layout, Node},
};
use crate::{
    ComponentId, connector::Wire, executor::BoundPort, graph::EventTypes, registry::Registry,
};

/// The ports and the environments of served components, by their place in the layout.
#[derive(Debug)]
pub(super) struct Surroundings {
    ports: BTreeMap<usize, Vec<BoundPort>>,
    environments: BTreeMap<usize, Environment>,
}

impl Surroundings {
    /// Of the components that have an entry in `ports`. `control_plane` says where each reaches the control
    /// plane, if there is one.
    pub(super) fn new<'c>(
        layout: &Layout,
        registry: &Registry,
        ports: BTreeMap<usize, Vec<BoundPort>>,
        control_plane: impl Fn(usize) -> Option<&'c str>,
    ) -> Self {
        let served = || {
            ports
                .iter()
                .filter_map(|(place, own)| Some((*place, layout.nodes.get(*place)?, own)))
        };
        let mut others: BTreeMap<ComponentId, Vec<BoundPort>> = BTreeMap::new();
        for (_, node, own) in served() {
            let ids = [&node.component.id]
                .into_iter()
                .chain(&node.component.aliases);
            others.extend(ids.map(|id| (id.clone(), own.clone())));
        }
        let mut environments: BTreeMap<usize, Environment> = BTreeMap::new();
        // In the order of the layout: whom a component pulls from comes before it.
        for (place, node, own) in served() {
            let around = Around {
                control_plane: control_plane(place),
                ports: own,
                others: &others,
                pulls: pulls(layout, node, registry, &environments),
            };
            let environment = environment(&node.component, &around);
            environments.insert(place, environment);
        }
        Self {
            ports,
            environments,
        }
    }

    /// The ports of a component; none where it is not served.
    pub(super) fn ports(&self, place: usize) -> &[BoundPort] {
        self.ports.get(&place).map_or(&[], Vec::as_slice)
    }

    /// The environment of a component, where it is served.
    pub(super) fn environment(&self, place: usize) -> Option<&Environment> {
        self.environments.get(&place)
    }
}

/// Whom a component pulls from, and how the events between the two travel as far as is known.
fn pulls<'a>(
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
