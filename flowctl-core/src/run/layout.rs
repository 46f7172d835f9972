//! A pipeline as the tasks need it: components and edges by number. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// The place of the component that takes what it gives up on.
    pub(super) letters_to: Option<usize>,
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
        let by_id: HashMap<&str, &ComponentSpec> = pipeline
            .components
            .iter()
            // What carries no data is none of the data plane's business.
            .filter(|component| component.role != Role::Service)
            .map(|component| (component.id.as_str(), component))
            .collect();
        let order = graph.stop_stages().iter().flatten();
        let components: Vec<&ComponentSpec> = order
            .filter_map(|id| by_id.get(id.as_str()).copied())
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
            letters_to: letters_to(component, &places),
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
                room(input, reader, letters_to(reader, places))
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
    // A component sends dead letters to its own target, and to those of readers that lag behind it.
    let own = components.iter().enumerate();
    let mut letters: BTreeSet<(usize, usize)> = own
        .filter_map(|(from, component)| Some((from, letters_to(component, places)?)))
        .collect();
    letters.extend(edges.iter().filter_map(|edge| match edge.carries {
        Carries::Events {
            full: Full::DeadLetter(to),
            ..
        } => Some((edge.from, to)),
        _ => None,
    }));
    edges.extend(letters.into_iter().map(|(from, to)| Edge {
        from,
        to,
        limit: Limit::from(components[to].queue),
        carries: Carries::DeadLetters,
    }));
    edges
}

fn letters_to(component: &ComponentSpec, places: &BTreeMap<&ComponentId, usize>) -> Option<usize> {
    let target = component.on_error.dead_letter.as_ref()?;
    places.get(target).copied()
}

/// How much may wait on an edge, and what happens to more.
fn room(input: &Input, reader: &ComponentSpec, letters: Option<usize>) -> (Limit, Full) {
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
            let full = match (then, letters) {
                (Excess::DeadLetter, Some(to)) => Full::DeadLetter(to),
                // Validation refuses a spec that wants dead letters and names no place for them.
                (Excess::Drop | Excess::DeadLetter, _) => Full::Drop,
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
