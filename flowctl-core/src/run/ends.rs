use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Notify;

use super::layout::{Carries, Edge, Layout};
use crate::link::{InEdge, Inlet, OutEdge, Outlet, Receiver, Sender, Wake, queue};

/// The two ends of every edge, until the components they belong to take them.
pub(super) struct Ends {
    senders: BTreeMap<usize, Sender>,
    receivers: BTreeMap<usize, Receiver>,
    wakes: Vec<Wake>,
}

impl Ends {
    pub(super) fn new(layout: &Layout) -> Self {
        let wakes: Vec<Wake> = layout
            .nodes
            .iter()
            .map(|_| Arc::new(Notify::new()))
            .collect();
        let mut ends = Self {
            senders: BTreeMap::new(),
            receivers: BTreeMap::new(),
            wakes,
        };
        for (index, edge) in layout.edges.iter().enumerate() {
            let (sender, receiver) = queue(edge.limit, Arc::clone(&ends.wakes[edge.to]));
            ends.senders.insert(index, sender);
            ends.receivers.insert(index, receiver);
        }
        ends
    }

    pub(super) fn outlet(&mut self, layout: &Layout, node: usize) -> Outlet {
        let id = layout.nodes[node].component.id.clone();
        let mut edges = Vec::new();
        let mut letters = Vec::new();
        let out = |(_, edge): &(usize, &Edge)| edge.from == node;
        for (index, edge) in layout.edges.iter().enumerate().filter(out) {
            let Some(sender) = self.senders.remove(&index) else {
                continue;
            };
            match &edge.carries {
                Carries::DeadLetters => letters.push((edge.to, sender)),
                Carries::Events { types, full } => edges.push(OutEdge {
                    to: layout.nodes[edge.to].component.id.clone(),
                    sender,
                    types: types.clone(),
                    full: *full,
                }),
            }
        }
        Outlet::new(id, edges, letters)
    }

    pub(super) fn inlet(&mut self, layout: &Layout, node: usize) -> Inlet {
        let into = |(_, edge): &(usize, &Edge)| edge.to == node;
        let edges = layout
            .edges
            .iter()
            .enumerate()
            .filter(into)
            .filter_map(|(index, edge)| {
                let sources = layout.nodes[edge.from].sources.clone();
                Some(InEdge::new(self.receivers.remove(&index)?, sources))
            });
        let edges = edges.collect();
        Inlet::new(
            layout.nodes[node].component.id.clone(),
            edges,
            Arc::clone(&self.wakes[node]),
        )
    }
}
