use std::collections::{BTreeMap, BTreeSet};

use super::{Closed, Delivery, Gauge, Obligation, Sender, queue::Refused};
use crate::{
    ComponentId, EventType,
    event::{Batch, Event},
};

/// All edges out of one component.
///
/// Every edge gets every batch, reduced to the event types it takes, and an empty one where it takes
/// none: so each edge's reader knows how far the stream is.
#[derive(Debug)]
pub(crate) struct Outlet {
    component: ComponentId,
    edges: Vec<OutEdge>,
    /// Where events go that were given up on, by the place of the reader in the layout; each gets a
    /// batch, mostly empty, for every batch.
    letters: Vec<(usize, Sender)>,
}

/// One edge out of a component.
#[derive(Debug)]
pub(crate) struct OutEdge {
    pub(crate) to: ComponentId,
    pub(crate) sender: Sender,
    /// The event types it takes; `None`: all.
    pub(crate) types: Option<BTreeSet<EventType>>,
    pub(crate) full: Full,
}

/// What happens to a batch for which an edge has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Wait until there is.
    Block,
    /// Leave its events out, counted.
    Drop,
    /// Send its events as dead letters to the component at this place in the layout.
    DeadLetter(usize),
}

/// What became of a batch beside being sent.
#[derive(Debug, Default)]
pub(crate) struct Routed {
    /// Events that no edge takes, by type.
    pub(crate) unrouted: BTreeMap<EventType, u64>,
    /// Events that were left out because an edge had no room for them, by the edge's reader.
    pub(crate) lagged: BTreeMap<ComponentId, u64>,
    /// Events that became dead letters for the same reason.
    pub(crate) dead: usize,
}

impl Outlet {
    pub(crate) const fn new(
        component: ComponentId,
        edges: Vec<OutEdge>,
        letters: Vec<(usize, Sender)>,
    ) -> Self {
        Self {
            component,
            edges,
            letters,
        }
    }

    /// The stream is over on every edge: nothing is missing after what was sent. An outlet that is
    /// dropped, or let go, without this tells its readers that something is.
    pub(crate) fn end(&mut self) {
        let edges = self.edges.drain(..).map(|edge| edge.sender);
        let letters = self.letters.drain(..).map(|(_, sender)| sender);
        edges.chain(letters).for_each(Sender::end);
    }

    /// Sends nothing more, without saying that the stream is over.
    pub(crate) fn let_go(&mut self) {
        self.edges.clear();
        self.letters.clear();
    }

    /// Shows how much waits on each edge.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        self.edges.iter().map(|edge| edge.sender.gauge()).collect()
    }

    /// Sends a batch along every edge, and `dead`, each with the place it goes to, as dead letters;
    /// waits where an edge is full and says so. With no edge at all the obligation is fulfilled here.
    ///
    /// `wrap` makes a dead letter of an event that an edge had no room for.
    pub(crate) async fn send(
        &self,
        batch: &Batch,
        obligation: Obligation,
        mut dead: Vec<(usize, Event)>,
        wrap: impl Fn(&Event, &ComponentId) -> Event,
    ) -> Result<Routed, Closed> {
        let mut routed = Routed::default();
        for edge in &self.edges {
            let delivery = Delivery {
                batch: edge.takes(batch),
                obligation: obligation.split(),
            };
            if edge.full == Full::Block {
                edge.sender.send(delivery).await?;
                continue;
            }
            let Some(refused) = edge.offer(delivery).await? else {
                continue;
            };
            let events = refused.batch.events();
            if let Full::DeadLetter(place) = edge.full {
                dead.extend(events.iter().map(|event| (place, wrap(event, &edge.to))));
                routed.dead += events.len();
            } else if !events.is_empty() {
                *routed.lagged.entry(edge.to.clone()).or_default() += events.len() as u64;
            }
            edge.sender.send_progress(&refused.batch, &self.component)?;
            refused.obligation.fulfil();
        }
        dead.sort_by_key(|(_, event)| event.sequence());
        for (place, sender) in &self.letters {
            let here = dead.iter().filter(|(to, _)| to == place);
            let batch = batch.with_events(here.map(|(_, event)| event.clone()).collect());
            let obligation = obligation.split();
            sender.send(Delivery { batch, obligation }).await?;
        }
        obligation.fulfil();
        self.count_unrouted(batch, &mut routed);
        Ok(routed)
    }

    fn count_unrouted(&self, batch: &Batch, routed: &mut Routed) {
        if self.edges.is_empty() || self.edges.iter().any(|edge| edge.types.is_none()) {
            return;
        }
        for event in batch.events() {
            if !self
                .edges
                .iter()
                .any(|edge| edge.takes_type(event.event_type()))
            {
                *routed
                    .unrouted
                    .entry(event.event_type().clone())
                    .or_default() += 1;
            }
        }
    }
}

impl OutEdge {
    fn takes_type(&self, event_type: &EventType) -> bool {
        self.types
            .as_ref()
            .is_none_or(|types| types.contains(event_type))
    }

    fn takes(&self, batch: &Batch) -> Batch {
        match &self.types {
            None => batch.clone(),
            Some(types) => batch.filter(|event| types.contains(event.event_type())),
        }
    }

    /// Adds the delivery if there is room, now or after the reader had a turn; what there is no room
    /// for comes back.
    async fn offer(&self, delivery: Delivery) -> Result<Option<Delivery>, Closed> {
        let refused = match self.sender.try_send(delivery) {
            Ok(()) => return Ok(None),
            Err(Refused::Closed) => return Err(Closed),
            Err(Refused::Full(delivery)) => *delivery,
        };
        tokio::task::yield_now().await;
        match self.sender.try_send(refused) {
            Ok(()) => Ok(None),
            Err(Refused::Closed) => Err(Closed),
            Err(Refused::Full(delivery)) => Ok(Some(*delivery)),
        }
    }
}
