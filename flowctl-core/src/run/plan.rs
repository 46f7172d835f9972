use std::{collections::BTreeSet, fmt, sync::Arc};

use super::{
    layout::{Carries, Edge, Layout, Node},
    step::{Policy, Then},
};
use crate::{
    ComponentId, EventType, Registry,
    executor::{Executor, WorkloadKind},
    link::{Full, Limit},
    spec::{ComponentSpec, Excess, FailurePolicy, Final, OnFull, PipelineSpec, Queue, Role},
};

/// What running a pipeline would do, and why. Pure: made from a spec and a registry alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    pub(super) layout: Layout,
}

impl Plan {
    pub(super) fn new(
        pipeline: &PipelineSpec,
        registry: &Registry,
        _executors: &[Arc<dyn Executor>],
    ) -> Result<Self, SpecErrors> {
        Ok(Self {
            layout: layout(pipeline, registry),
        })
    }
}

fn layout(pipeline: &PipelineSpec, registry: &Registry) -> Layout {
    let _ = registry;
    let components: Vec<&ComponentSpec> = pipeline
        .components
        .iter()
        .filter(|c| c.role != Role::Service)
        .collect();
    let place = |id: &ComponentId| components.iter().position(|component| component.id == *id);
    let mut edges = Vec::new();
    for (to, component) in components.iter().enumerate() {
        for input in &component.inputs {
            let Some(from) = place(&input.from) else {
                continue;
            };
            let types = (!input.types.is_empty())
                .then(|| input.types.iter().cloned().collect::<BTreeSet<EventType>>());
            let (limit, full) = match input.on_full {
                OnFull::Lag {
                    events,
                    bytes,
                    then,
                } => (
                    Limit {
                        events: events as usize,
                        bytes: bytes.bytes() as usize,
                    },
                    match then {
                        Excess::Drop => Full::Drop,
                        Excess::DeadLetter => Full::DeadLetter,
                    },
                ),
                _ => (
                    Limit::from(input.queue.unwrap_or(component.queue)),
                    Full::Block,
                ),
            };
            edges.push(Edge {
                from,
                to,
                limit,
                carries: Carries::Events { types, full },
            });
        }
    }
    for (from, component) in components.iter().enumerate() {
        if let Some(to) = component.on_error.dead_letter.as_ref().and_then(place) {
            edges.push(Edge {
                from,
                to,
                limit: Limit::from(components[to].queue),
                carries: Carries::DeadLetters,
            });
        }
    }
    let mut sources: Vec<BTreeSet<ComponentId>> = components
        .iter()
        .map(|component| {
            if component.role == Role::Source {
                BTreeSet::from([component.id.clone()])
            } else {
                BTreeSet::new()
            }
        })
        .collect();
    for _ in 0..components.len() {
        for edge in &edges {
            let from = sources[edge.from].clone();
            sources[edge.to].extend(from);
        }
    }
    let nodes = components
        .iter()
        .zip(sources)
        .map(|(component, sources)| Node {
            component: (*component).clone(),
            policy: Policy::from(&component.on_error),
            sources,
        });
    Layout {
        nodes: nodes.collect(),
        edges,
    }
}

impl From<Queue> for Limit {
    fn from(queue: Queue) -> Self {
        let bytes = usize::try_from(queue.bytes.bytes()).unwrap_or(usize::MAX);
        Self {
            events: usize::try_from(queue.events).unwrap_or(usize::MAX),
            bytes,
        }
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

/// Stands in until the diagnostics of specs are merged.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the spec is not valid")]
pub struct SpecErrors;

/// Placeholder.
pub type PlannedComponent = ();
/// Placeholder.
pub type PlannedEdge = ();

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = WorkloadKind::Native;
        write!(f, "{:?}", self.layout.edges)
    }
}
