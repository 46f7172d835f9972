use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Delivery, Receiver, Wake};
use crate::{ComponentId, event::Event};

/// All edges into one component, read as one stream that is in order per source.
///
/// Where several edges carry the same source (the two ways around a diamond), their batches are
/// merged: the inlet hands out a stretch of the stream only when every one of those edges has come
/// that far, and puts what belongs to the same stretch into one batch. So a reader never sees a
/// source go back, [`Batch::through`](crate::event::Batch::through) means the same behind a diamond
/// as before it, and the order is the same in every run.
///
/// What waits in the inlet for the other way is bounded by what fits on that way: the source sends
/// each batch both ways before the next, and stands still when either is full.
#[derive(Debug)]
pub(crate) struct Inlet {
    component: ComponentId,
    edges: Vec<InEdge>,
    /// All sources, each once.
    sources: Vec<ComponentId>,
    /// Those that several edges carry.
    joins: BTreeSet<ComponentId>,
    wake: Wake,
    /// Where the search for a ready source begins next, so that none starves.
    turn: usize,
}

/// One edge into a component.
#[derive(Debug)]
pub(crate) struct InEdge {
    receiver: Receiver,
    sources: BTreeSet<ComponentId>,
    waiting: BTreeMap<ComponentId, VecDeque<Delivery>>,
}

impl InEdge {
    /// An edge on which events of these sources can arrive.
    pub(crate) fn new(receiver: Receiver, sources: BTreeSet<ComponentId>) -> Self {
        Self {
            receiver,
            sources,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes one delivery from the queue if a batch of some source does not wait here yet.
    fn pull(&mut self) -> bool {
        if self
            .sources
            .iter()
            .all(|source| self.head(source).is_some())
        {
            return false;
        }
        let Some(delivery) = self.receiver.try_recv() else {
            return false;
        };
        let source = delivery.batch.source().clone();
        self.waiting.entry(source).or_default().push_back(delivery);
        true
    }

    fn head(&self, source: &ComponentId) -> Option<u64> {
        self.waiting
            .get(source)?
            .front()
            .map(|delivery| delivery.batch.through())
    }

    fn pop(&mut self, source: &ComponentId) -> Option<Delivery> {
        self.waiting.get_mut(source)?.pop_front()
    }

    fn has_ended(&self) -> bool {
        self.waiting.values().all(VecDeque::is_empty) && self.receiver.has_ended()
    }
}

impl Inlet {
    /// The inlet of `component`; all its edges must wake `wake`.
    pub(crate) fn new(component: ComponentId, edges: Vec<InEdge>, wake: Wake) -> Self {
        let mut seen = BTreeSet::new();
        let carried = edges.iter().flat_map(|edge| &edge.sources);
        let joins = carried
            .filter(|source| !seen.insert((*source).clone()))
            .cloned()
            .collect();
        Self {
            component,
            edges,
            sources: seen.into_iter().collect(),
            joins,
            wake,
            turn: 0,
        }
    }

    /// Waits for the next delivery; `None` when nothing can follow. Cancel safe.
    ///
    /// Nothing can follow when every stream is over, or when a writer went without ending its own: what
    /// waits for that one's part of a stretch is never handed out.
    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        loop {
            if let Some(delivery) = self.try_next() {
                return Some(delivery);
            }
            if self.has_ended() || self.edges.iter().any(|edge| edge.receiver.is_cut_off()) {
                return None;
            }
            self.wake.notified().await;
        }
    }

    /// Whether every stream has come to its own end and was handed out whole.
    pub(crate) fn has_ended(&self) -> bool {
        self.edges.iter().all(InEdge::has_ended)
    }

    /// The next delivery, if one is ready.
    pub(crate) fn try_next(&mut self) -> Option<Delivery> {
        let mut delivery = match self.edges.as_mut_slice() {
            [only] => only.receiver.try_recv()?,
            _ => self.merge()?,
        };
        delivery.obligation.hold(&self.component);
        Some(delivery)
    }

    /// What is ready goes out before more is taken from the queues, so that a slow reader is felt by
    /// those who write.
    fn merge(&mut self) -> Option<Delivery> {
        loop {
            if let Some((source, through)) = self.next_ready() {
                return self.take(&source, through);
            }
            let mut pulled = false;
            for edge in &mut self.edges {
                pulled |= edge.pull();
            }
            if !pulled {
                return None;
            }
        }
    }

    /// The source whose turn it is among those that are ready, and its next stretch.
    fn next_ready(&mut self) -> Option<(ComponentId, u64)> {
        let count = self.sources.len();
        let (index, source, through) =
            (0..count)
                .map(|step| (self.turn + step) % count)
                .find_map(|index| {
                    let source = self.sources.get(index)?;
                    self.ready(source)
                        .map(|through| (index, source.clone(), through))
                })?;
        self.turn = index + 1;
        Some((source, through))
    }

    /// The next stretch of `source` that every edge which carries it has come to.
    fn ready(&self, source: &ComponentId) -> Option<u64> {
        let mut next = None;
        for edge in self
            .edges
            .iter()
            .filter(|edge| edge.sources.contains(source))
        {
            match edge.head(source) {
                Some(through) => next = Some(next.map_or(through, |least: u64| least.min(through))),
                None if edge.receiver.has_ended() => {}
                None => return None,
            }
        }
        next
    }

    fn take(&mut self, source: &ComponentId, through: u64) -> Option<Delivery> {
        let joins = self.joins.contains(source);
        let mut merged: Option<Delivery> = None;
        for (index, edge) in (0_u32..).zip(&mut self.edges) {
            if edge.head(source) != Some(through) {
                continue;
            }
            let Some(mut delivery) = edge.pop(source) else {
                continue;
            };
            if joins {
                let marked = delivery.batch.events().iter().cloned();
                let marked = marked.map(|event| event.through_edge(index)).collect();
                delivery.batch = delivery.batch.with_events(marked);
            }
            merged = Some(match merged.take() {
                None => delivery,
                Some(first) => together(first, delivery),
            });
        }
        merged
    }
}

/// Two batches of one stretch as one, in the order of their sequences.
fn together(first: Delivery, second: Delivery) -> Delivery {
    let events = [first.batch.events(), second.batch.events()];
    let mut events: Vec<Event> = events.concat();
    events.sort_by_key(Event::sequence);
    Delivery {
        batch: first.batch.with_events(events),
        obligation: first.obligation.merge(second.obligation),
    }
}
