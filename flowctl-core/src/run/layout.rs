//! A pipeline as the tasks need it: components and edges by number. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Policy, Then};
use crate::{
    ByteSize, ComponentId, EventType, Graph,
    graph::EventTypes,
    link::{Full, Limit},
    spec::{ComponentSpec, Excess, FailurePolicy, Final, Input, OnFull, PipelineSpec, Queue, Role},
};

/// Components, what feeds before what is fed, and the edges between them; edges refer to components
/// by their place.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// One component.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) component: ComponentSpec,
    pub(super) policy: Policy,
    /// The sources whose events can reach it; of a source: itself.
    pub(super) sources: BTreeSet<ComponentId>,
}

/// One edge.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) limit: Limit,
    pub(super) carries: Carries,
}

/// What an edge is for.
#[derive(Clone, Debug)]
pub(super) enum Carries {
    /// Events of these types (`None`: all).
    Events {
        types: Option<BTreeSet<EventType>>,
        full: Full,
    },
    /// What its component gave up on.
    DeadLetters,
}

impl Layout {
    pub(super) fn new(pipeline: &PipelineSpec, graph: &Graph) -> Self {
        // What carries no data is none of the data plane's business.
        let carries = |component: &&ComponentSpec| component.role != Role::Service;
        let order = graph.stop_stages().iter().flatten();
        let components: Vec<&ComponentSpec> = order
            .filter_map(|id| pipeline.component(id.as_str()))
            .filter(carries)
            .collect();
        let places: BTreeMap<&ComponentId, usize> = components
            .iter()
            .enumerate()
            .map(|(place, component)| (&component.id, place))
            .collect();
        let edges = edges(graph, &components, &places);
        let nodes = components.iter().zip(sources(&components, &edges));
        let nodes = nodes.map(|(component, sources)| Node {
            component: (*component).clone(),
            policy: Policy::from(&component.on_error),
            sources,
        });
        Self {
            nodes: nodes.collect(),
            edges,
        }
    }
}

fn edges(
    graph: &Graph,
    components: &[&ComponentSpec],
    places: &BTreeMap<&ComponentId, usize>,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for edge in graph.edges() {
        let (Some(&from), Some(&to)) = (places.get(&edge.from), places.get(&edge.to)) else {
            continue;
        };
        let reader = components[to];
        let (limit, full) = reader
            .inputs
            .get(edge.input)
            .map_or((Limit::from(reader.queue), Full::Block), |input| {
                room(input, reader)
            });
        let types = match &edge.types {
            EventTypes::All => None,
            EventTypes::Only(types) => Some(types.clone()),
        };
        edges.push(Edge {
            from,
            to,
            limit,
            carries: Carries::Events { types, full },
        });
    }
    for (from, component) in components.iter().enumerate() {
        let letters = component
            .on_error
            .dead_letter
            .as_ref()
            .and_then(|to| places.get(to));
        if let Some(&to) = letters {
            let limit = Limit::from(components[to].queue);
            edges.push(Edge {
                from,
                to,
                limit,
                carries: Carries::DeadLetters,
            });
        }
    }
    edges
}

/// How much may wait on an edge, and what happens to more.
fn room(input: &Input, reader: &ComponentSpec) -> (Limit, Full) {
    match input.on_full {
        OnFull::Block => (
            Limit::from(input.queue.unwrap_or(reader.queue)),
            Full::Block,
        ),
        OnFull::Lag {
            events,
            bytes,
            then,
        } => {
            let full = match then {
                Excess::Drop => Full::Drop,
                Excess::DeadLetter => Full::DeadLetter,
            };
            (limit(events, bytes), full)
        }
    }
}

/// For every component the sources whose events can reach it.
fn sources(components: &[&ComponentSpec], edges: &[Edge]) -> Vec<BTreeSet<ComponentId>> {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); components.len()];
    for edge in edges {
        readers[edge.from].push(edge.to);
    }
    let mut reached = vec![BTreeSet::new(); components.len()];
    for (place, source) in components
        .iter()
        .enumerate()
        .filter(|(_, c)| c.role == Role::Source)
    {
        let mut next = vec![place];
        while let Some(place) = next.pop() {
            if reached[place].insert(source.id.clone()) {
                next.extend(&readers[place]);
            }
        }
    }
    reached
}

fn limit(events: u32, bytes: ByteSize) -> Limit {
    Limit {
        events: usize::try_from(events).unwrap_or(usize::MAX),
        bytes: usize::try_from(bytes.bytes()).unwrap_or(usize::MAX),
    }
}

impl From<Queue> for Limit {
    fn from(queue: Queue) -> Self {
        limit(queue.events, queue.bytes)
    }
}

impl From<&FailurePolicy> for Policy {
    fn from(policy: &FailurePolicy) -> Self {
        Self {
            retries: policy.retry.attempts,
            base: policy.retry.backoff.base,
            cap: policy.retry.backoff.cap,
            then: match policy.then {
                Final::Stop => Then::Stop,
                Final::Skip => Then::Skip,
                Final::DeadLetter => Then::DeadLetter,
            },
        }
    }
}
