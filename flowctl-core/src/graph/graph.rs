use std::collections::HashMap;

use super::{Dot, Edge, Mermaid, Text, check, order, wiring::Wiring};
use crate::{
    ComponentId,
    spec::{Catalog, PipelineSpec, Role, SpecErrors},
};

/// A pipeline whose edges have been checked.
///
/// Components and edges keep the order of the spec.
#[derive(Clone, Debug)]
pub struct Graph {
    members: Vec<Member>,
    by_id: HashMap<ComponentId, usize>,
    edges: Vec<Edge>,
    /// Whom each member waits for, and why, as a clause about the one who waits.
    waits: Vec<Vec<(usize, &'static str)>>,
    start: Vec<Vec<ComponentId>>,
    stop: Vec<Vec<ComponentId>>,
}

/// A component in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its id.
    pub id: ComponentId,
    /// What it does.
    pub role: Role,
    /// The edges that lead to it, in the order of its `inputs`.
    pub inputs: Vec<usize>,
    /// The edges that lead from it.
    pub outputs: Vec<usize>,
}

impl Graph {
    /// The graph of a spec.
    ///
    /// Event types come from the spec's own lists, else from `catalog`, else all are meant.
    ///
    /// # Errors
    ///
    /// All that is wrong with its edges: unknown inputs, cycles, ends without a common event type,
    /// components that nothing reaches, and an order of start that cannot be.
    pub fn new(spec: &PipelineSpec, catalog: &dyn Catalog) -> Result<Self, SpecErrors> {
        SpecErrors::unless_harmless(super::problems(spec, catalog))?;
        Ok(Self::of_valid(spec, catalog))
    }

    /// The graph of a spec that is known to have no problem: validation has looked for them.
    pub(crate) fn of_valid(spec: &PipelineSpec, catalog: &dyn Catalog) -> Self {
        let wiring = Wiring::new(spec);
        let edges = check::edges(spec, &wiring, catalog);
        let id = |n: usize| spec.components.get(n).map(|component| component.id.clone());
        let named = |stages: Vec<Vec<usize>>| -> Vec<Vec<ComponentId>> {
            stages
                .into_iter()
                .map(|stage| stage.into_iter().filter_map(id).collect())
                .collect()
        };
        let count = spec.components.len();
        let arcs = check::start_arcs(spec, &wiring);
        let start: Vec<_> = arcs.iter().map(|(arc, _)| *arc).collect();
        let mut waits = vec![Vec::new(); count];
        for ((earlier, later), why) in arcs {
            waits[later].push((earlier, why));
        }
        let start = named(order::stages(count, &start));
        let stop = named(stop_stages(spec, &wiring));
        let members = spec
            .components
            .iter()
            .zip(wiring.inputs)
            .zip(wiring.outputs);
        let members: Vec<_> = members
            .map(|((component, inputs), outputs)| Member {
                id: component.id.clone(),
                role: component.role,
                inputs,
                outputs,
            })
            .collect();
        let by_id = members
            .iter()
            .enumerate()
            .map(|(n, member)| (member.id.clone(), n))
            .collect();
        Self {
            members,
            by_id,
            edges,
            waits,
            start,
            stop,
        }
    }

    /// Its components, in the order of the spec.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The component with this id.
    #[must_use]
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.by_id.get(id).and_then(|&n| self.members.get(n))
    }

    /// The place of a component among the members.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Its edges, by reader and then by the order of the reader's inputs.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges that lead to a component.
    pub fn inputs(&self, id: &str) -> impl Iterator<Item = &Edge> {
        let edges = self.member(id).map_or(&[][..], |member| &member.inputs);
        edges.iter().filter_map(|&n| self.edges.get(n))
    }

    /// The edges that lead from a component.
    pub fn outputs(&self, id: &str) -> impl Iterator<Item = &Edge> {
        let edges = self.member(id).map_or(&[][..], |member| &member.outputs);
        edges.iter().filter_map(|&n| self.edges.get(n))
    }

    /// The order of start. What is fed opens before what feeds it (sinks before sources), on direct
    /// edges the served end before the one that dials it, and what `depends_on` names before who
    /// names it. Components of one stage can start at once.
    #[must_use]
    pub fn start_stages(&self) -> &[Vec<ComponentId>] {
        &self.start
    }

    /// The components that must have come up before this one opens, each with the reason: a clause about
    /// this one, for example `dials it`.
    pub fn waits_for(&self, id: &str) -> impl Iterator<Item = (&ComponentId, &'static str)> {
        let waits = self
            .number(id)
            .and_then(|n| self.waits.get(n))
            .into_iter()
            .flatten();
        waits.filter_map(|(earlier, why)| Some((&self.members.get(*earlier)?.id, *why)))
    }

    /// The order of stop: sources first, then what reads from them, services last.
    #[must_use]
    pub fn stop_stages(&self) -> &[Vec<ComponentId>] {
        &self.stop
    }

    /// Displays the graph as lines of text, one path a line.
    #[must_use]
    pub const fn text(&self) -> Text<'_> {
        Text(self)
    }

    /// Displays the graph in the language of Graphviz.
    #[must_use]
    pub const fn dot(&self) -> Dot<'_> {
        Dot(self)
    }

    /// Displays the graph as a Mermaid flowchart.
    #[must_use]
    pub const fn mermaid(&self) -> Mermaid<'_> {
        Mermaid(self)
    }
}

fn stop_stages(spec: &PipelineSpec, wiring: &Wiring<'_>) -> Vec<Vec<usize>> {
    let is_service = |n: &usize| {
        spec.components
            .get(*n)
            .is_some_and(|component| component.role == Role::Service)
    };
    let count = spec.components.len();
    let mut stages = order::stages(count, &wiring.pairs().collect::<Vec<_>>());
    for stage in &mut stages {
        stage.retain(|n| !is_service(n));
    }
    // Services end after everything, each before those that it depends on.
    let mut between = Vec::new();
    for (n, component) in spec
        .components
        .iter()
        .enumerate()
        .filter(|(n, _)| is_service(n))
    {
        let needed = component
            .depends_on
            .iter()
            .filter_map(|d| wiring.by_id.get(d.id.as_str()));
        between.extend(
            needed
                .filter(|needed| is_service(needed))
                .map(|&needed| (n, needed)),
        );
    }
    let mut services = order::stages(count, &between);
    for stage in &mut services {
        stage.retain(is_service);
    }
    stages.extend(services);
    stages.retain(|stage| !stage.is_empty());
    stages
}
