//! A pipeline as the tasks need it: components and edges by number. Pure.

use std::collections::BTreeSet;

use super::step::Policy;
use crate::{
    ComponentId, EventType,
    link::{Full, Limit},
    spec::ComponentSpec,
};

/// Components and the edges between them; edges and sources refer to components by their place.
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
