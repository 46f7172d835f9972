use std::{collections::BTreeMap, num::NonZeroUsize};

use flowctl_core::component::ComponentError;
use tokio::task::JoinSet;

use super::{LakeSchema, store::LakeStore};
use crate::format::RawLedger;

/// An object, or that it is not there.
pub(super) type Fetched = Result<Option<Vec<RawLedger>>, ComponentError>;

/// Fetches objects ahead and hands them out in their order.
///
/// At most `limit` are on their way or waiting, which bounds the memory. Dropping it ends all fetches.
#[derive(Debug)]
pub(super) struct Prefetch {
    store: LakeStore,
    schema: LakeSchema,
    limit: NonZeroUsize,
    /// The last ledger that is wanted.
    end: Option<u32>,
    fetches: JoinSet<(u32, Fetched)>,
    arrived: BTreeMap<u32, Fetched>,
    /// The first ledger of the object that is handed out next; `None`: all were.
    next: Option<u32>,
    /// The first ledger of the object that is fetched next.
    fetch: Option<u32>,
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
            if let Some(fetched) = self.arrived.remove(&wanted) {
                if matches!(fetched, Ok(Some(_))) {
                    self.next = self.after(wanted);
                } else {
                    self.give_up_ahead(wanted);
                }
                return Some(fetched);
            }
            match self.fetches.join_next().await {
                Some(Ok((start, fetched))) => {
                    self.arrived.insert(start, fetched);
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
            let Ok((start, fetched)) = joined else { break };
            self.arrived.insert(start, fetched);
        }
        let wanted = self.next?;
        if !matches!(self.arrived.get(&wanted), Some(Ok(Some(_)))) {
            return None;
        }
        self.next = self.after(wanted);
        self.arrived.remove(&wanted)?.ok()?
    }

    fn fetch_ahead(&mut self) {
        while self.fetches.len() + self.arrived.len() < self.limit.get() {
            let Some(start) = self.fetch else { break };
            let (store, schema) = (self.store.clone(), self.schema);
            self.fetches
                .spawn(async move { (start, store.fetch(schema, start).await) });
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
