use std::{collections::BTreeMap, num::NonZeroUsize};

use flowctl_core::component::ComponentError;
use tokio::task::JoinSet;

use super::{LakeSchema, object::Object, store::LakeStore};
use crate::format::RawLedger;

/// Objects of more ledgers together are not fetched ahead, as the memory for them grows with their
/// ledgers.
const MAX_LEDGERS_AHEAD: u32 = 256;

/// An object, or that it cannot be fetched.
pub(super) type Fetched = Result<Object, ComponentError>;

/// Fetches objects ahead and hands them out in their order.
///
/// At most `limit` are on their way or waiting, fewer where there are many ledgers in each, which
/// bounds the memory. Dropping it ends all fetches.
#[derive(Debug)]
pub(super) struct Prefetch {
    store: LakeStore,
    schema: LakeSchema,
    limit: usize,
    /// The last ledger that is wanted.
    end: Option<u32>,
    fetches: JoinSet<(u32, Arrived)>,
    arrived: BTreeMap<u32, Arrived>,
    /// The first ledger of the object that is handed out next; `None`: all were.
    next: Option<u32>,
    /// The first ledger of the object that is fetched next.
    fetch: Option<u32>,
}

#[derive(Debug)]
struct Arrived {
    fetched: Fetched,
    /// Whether it was fetched before it was its turn.
    ahead: bool,
}

impl Prefetch {
    /// The objects from the one with ledger `start` to the one with ledger `end`.
    pub(super) fn new(
        store: LakeStore,
        schema: LakeSchema,
        limit: NonZeroUsize,
        start: u32,
        end: Option<u32>,
    ) -> Self {
        let first = Some(*schema.batch(start).start());
        let (fetches, arrived) = (JoinSet::new(), BTreeMap::new());
        let fit = (MAX_LEDGERS_AHEAD / schema.ledgers_per_batch()).max(1);
        let limit = usize::try_from(fit).map_or(limit.get(), |fit| fit.min(limit.get()));
        Self {
            store,
            schema,
            limit,
            end,
            fetches,
            arrived,
            next: first,
            fetch: first,
        }
    }

    /// The first ledger of the object that comes next; `None` at the end.
    pub(super) const fn next_start(&self) -> Option<u32> {
        self.next
    }

    /// The next object; `None` at the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Fetched> {
        let wanted = self.next?;
        loop {
            self.fetch_ahead();
            if let Some(Arrived { fetched, ahead }) = self.arrived.remove(&wanted) {
                if matches!(fetched, Ok(Object::Ledgers(_))) {
                    self.next = self.after(wanted);
                    return Some(fetched);
                }
                self.give_up_ahead(wanted);
                if !ahead {
                    return Some(fetched);
                }
                // What was not right a while ago may be now.
                continue;
            }
            match self.fetches.join_next().await {
                Some(Ok((start, arrived))) => {
                    self.arrived.insert(start, arrived);
                }
                // It was cut off, or nothing is under way though something is wanted: again.
                Some(Err(_)) | None => {
                    self.give_up_ahead(wanted);
                    let error = ComponentError::retry("a fetch has ended without a result");
                    return Some(Err(error));
                }
            }
        }
    }

    /// The next object if it is here already, so that small objects make up larger batches.
    pub(super) fn take_arrived(&mut self) -> Option<Vec<RawLedger>> {
        self.fetch_ahead();
        while let Some(joined) = self.fetches.try_join_next() {
            // A fetch that ended without a result is told by `next`, which waits for its object.
            let Ok((start, arrived)) = joined else { break };
            self.arrived.insert(start, arrived);
        }
        let wanted = self.next?;
        let arrived = self.arrived.remove(&wanted)?;
        if let Ok(Object::Ledgers(ledgers)) = arrived.fetched {
            self.next = self.after(wanted);
            return Some(ledgers);
        }
        self.arrived.insert(wanted, arrived);
        None
    }

    fn fetch_ahead(&mut self) {
        while self.fetches.len() + self.arrived.len() < self.limit {
            let Some(start) = self.fetch else { break };
            let (store, schema) = (self.store.clone(), self.schema);
            let ahead = self.next != Some(start);
            self.fetches.spawn(async move {
                let fetched = store.fetch(schema, start).await;
                (start, Arrived { fetched, ahead })
            });
            self.fetch = self.after(start);
        }
    }

    /// Begins again at `start`: what lies behind a missing object is likely to be missing too.
    fn give_up_ahead(&mut self, start: u32) {
        self.fetches.abort_all();
        self.fetches = JoinSet::new();
        self.arrived.clear();
        self.fetch = Some(start);
    }

    /// The first ledger of the object behind the one with ledger `start`.
    fn after(&self, start: u32) -> Option<u32> {
        let last = *self.schema.batch(start).end();
        if self.end.is_some_and(|end| end <= last) {
            None
        } else {
            last.checked_add(1)
        }
    }
}
