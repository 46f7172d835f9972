//! A pipeline as the tasks need it: components and edges by number. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::step::{Policy, Then};
use crate::{
    ByteSize, ComponentId, EventType, Graph,
    graph::EventTypes,
    link::{Full, Limit},
    spec::{
        ComponentSpec, Condition, Excess, FailurePolicy, Final, Input, OnFull, PipelineSpec, Queue,
        Role, Via,
    },
};

/// Components, what feeds before what is fed, and the edges between them; edges refer to components
/// by their place.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// The order of stop; what is in one stage ends at once.
    pub(super) stop: Vec<Vec<usize>>,
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
    /// What it is to the data plane: its role, except for a program that flowctl only feeds (a sink) or
    /// only reads (a source) while it streams to others by itself. `None`: flowctl carries nothing of it
    /// and only looks after it.
    pub(super) carried: Option<Role>,
    /// Whether it runs outside this process.
    pub(super) served: bool,
    /// Whether somebody pulls from it.
    pub(super) pulled: bool,
    /// The event types that others take of it, as far as they are named.
    pub(super) gives: BTreeSet<EventType>,
    /// The components that must have come so far before it starts.
    pub(super) waits: Vec<(usize, Condition)>,
    /// The components that it pulls from, and the event types that it takes of each.
    pub(super) pulls: Vec<(usize, EventTypes)>,
}

/// One edge that flowctl carries.
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
        let letter_boxes: BTreeSet<&ComponentId> = components
            .iter()
            .filter_map(|component| component.on_error.dead_letter.as_ref())
            .collect();
        let carried: Vec<_> = components
            .iter()
            .map(|component| carried(component, graph, &letter_boxes))
            .collect();
        let nodes = components
            .iter()
            .zip(sources(&components, &carried, &edges))
            .zip(&carried);
        let nodes = nodes.map(|((component, sources), &carried)| Node {
            component: (*component).clone(),
            policy: Policy::from(&component.on_error),
            sources,
            letters_to: letters_to(component, &places),
            carried,
            served: component.is_served(),
            pulled: graph
                .outputs(component.id.as_str())
                .any(|edge| edge.via == Via::Direct),
            gives: gives(component, graph),
            waits: waits(component, graph, &places),
            pulls: pulls(component, graph, &places),
        });
        let stop = graph.stop_stages().iter();
        let stop = stop.map(|stage| {
            stage
                .iter()
                .filter_map(|id| places.get(id).copied())
                .collect()
        });
        Self {
            nodes: nodes.collect(),
            edges,
            stop: stop.collect(),
        }
    }
}

fn edges(
    graph: &Graph,
    components: &[&ComponentSpec],
    places: &BTreeMap<&ComponentId, usize>,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for edge in graph.edges().iter().filter(|edge| edge.via != Via::Direct) {
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

/// What a component is to the data plane.
fn carried(
    component: &ComponentSpec,
    graph: &Graph,
    letter_boxes: &BTreeSet<&ComponentId>,
) -> Option<Role> {
    if component.role == Role::Service {
        return None;
    }
    if !component.is_served() {
        return Some(component.role);
    }
    let is_carried = |edge: &crate::graph::Edge| edge.via != Via::Direct;
    let id = component.id.as_str();
    let fed = graph.inputs(id).any(is_carried) || letter_boxes.contains(&component.id);
    match (fed, graph.outputs(id).any(is_carried)) {
        (false, false) => None,
        (false, true) => Some(Role::Source),
        (true, true) => Some(Role::Processor),
        // A processor that only streams on by itself swallows what it is fed, as far as flowctl sees.
        (true, false) => Some(Role::Sink),
    }
}

fn gives(component: &ComponentSpec, graph: &Graph) -> BTreeSet<EventType> {
    let edges = graph.outputs(component.id.as_str());
    let types = edges.filter_map(|edge| match &edge.types {
        EventTypes::Only(types) => Some(types),
        EventTypes::All => None,
    });
    types.flatten().cloned().collect()
}

/// What must have come up before a component starts; what it depends on with the condition it names.
fn waits(
    component: &ComponentSpec,
    graph: &Graph,
    places: &BTreeMap<&ComponentId, usize>,
) -> Vec<(usize, Condition)> {
    let mut waits: Vec<(usize, Condition)> = Vec::new();
    for (id, _) in graph.waits_for(component.id.as_str()) {
        let Some(&place) = places.get(id) else {
            continue;
        };
        let named = component
            .depends_on
            .iter()
            .filter(|dependency| dependency.id == *id);
        let conditions: Vec<_> = named
            .map(|dependency| dependency.condition.clone())
            .collect();
        let neighbour = component.inputs.iter().any(|input| input.from == *id)
            || graph
                .inputs(id.as_str())
                .any(|edge| edge.from == component.id);
        if neighbour || conditions.is_empty() {
            waits.push((place, Condition::Ready));
        }
        waits.extend(conditions.into_iter().map(|condition| (place, condition)));
    }
    waits
}

/// Whom a component pulls from by itself.
fn pulls(
    component: &ComponentSpec,
    graph: &Graph,
    places: &BTreeMap<&ComponentId, usize>,
) -> Vec<(usize, EventTypes)> {
    let direct = graph
        .inputs(component.id.as_str())
        .filter(|edge| edge.via == Via::Direct);
    direct
        .filter_map(|edge| Some((*places.get(&edge.from)?, edge.types.clone())))
        .collect()
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
fn sources(
    components: &[&ComponentSpec],
    carried: &[Option<Role>],
    edges: &[Edge],
) -> Vec<BTreeSet<ComponentId>> {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); components.len()];
    for edge in edges {
        readers[edge.from].push(edge.to);
    }
    let mut reached = vec![BTreeSet::new(); components.len()];
    for (place, source) in components
        .iter()
        .enumerate()
        .filter(|(place, _)| carried[*place] == Some(Role::Source))
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
