use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::StreamExt as _;
use tokio::time::MissedTickBehavior;

use super::record::{RecordStatus, RunRecord};
use crate::{
    Namespace, PipelineName, RunId,
    run::{RunControl, RunEventKind},
    store::{Change, Scope, Store, StoreError},
};

/// The runs of a pipeline, newest first, with live counts of the one that goes on. A handle: clones
/// show the same.
///
/// It is kept in the pipeline's corner of a store, and whoever opens it must have that store to
/// itself, as a [`FileStore`](crate::store::FileStore) ensures between processes. So a run that the
/// store says is going on when it is opened is not: it is marked [`RecordStatus::Lost`], and told apart
/// from live ones for good. Where the store is in use by another process, that one is to be asked.
#[derive(Clone)]
pub struct RunHistory(Arc<Shared>);

struct Shared {
    scope: Scope,
    keep: usize,
    known: Mutex<Known>,
    /// Held while something is written, so that the store sees the changes in our order.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    records: BTreeMap<RunId, RunRecord>,
    live: BTreeMap<RunId, RunControl>,
}

/// How often the counts of a run that goes on are written down. They are exact while the process
/// lives; after a crash they are as old as this at most.
const WRITTEN_EVERY: Duration = Duration::from_secs(10);

impl RunHistory {
    /// How many runs are kept unless said otherwise.
    pub const KEPT: usize = 100;

    /// Where it is in the pipeline's corner of a store.
    pub(in crate::run) const CORNER: &str = "runs/";

    /// Opens the history of a pipeline, of which the newest `keep` runs are kept; those that go on are
    /// kept in any case.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`] and [`Store::write`].
    pub async fn open(
        store: Arc<dyn Store>,
        namespace: &Namespace,
        pipeline: &PipelineName,
        keep: usize,
    ) -> Result<Self, StoreError> {
        let prefix = format!("{namespace}/{pipeline}/{}", Self::CORNER);
        Self::open_in(Scope::new(store, &prefix), keep).await
    }

    /// Opens a history that has a corner of a store to itself.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`] and [`Store::write`].
    pub async fn open_in(scope: Scope, keep: usize) -> Result<Self, StoreError> {
        let mut known = Known::default();
        for (name, value) in scope.entries().await? {
            match serde_json::from_slice::<RunRecord>(&value) {
                Ok(record) => {
                    known.records.insert(record.run.clone(), record);
                }
                // It cannot be shown, and there is nothing that depends on it.
                Err(error) => tracing::warn!(%name, %error, "the record of a run cannot be read"),
            }
        }
        let unended = known
            .records
            .values_mut()
            .filter(|one| one.status.is_active());
        let lost: Vec<_> = unended
            .map(|record| {
                record.status = RecordStatus::Lost;
                record.clone()
            })
            .collect();
        let history = Self(Arc::new(Shared {
            scope,
            keep,
            known: Mutex::new(known),
            writing: tokio::sync::Mutex::default(),
        }));
        for record in lost {
            history.note(record).await?;
        }
        Ok(history)
    }

    /// The runs, newest first.
    #[must_use]
    pub fn records(&self) -> Vec<RunRecord> {
        let known = self.known();
        let mut records: Vec<_> = known.records.values().map(|one| known.now(one)).collect();
        records.sort_by(|a, b| (b.started, &b.run).cmp(&(a.started, &a.run)));
        records
    }

    /// One run.
    #[must_use]
    pub fn record(&self, run: &RunId) -> Option<RunRecord> {
        let known = self.known();
        known.records.get(run).map(|record| known.now(record))
    }

    /// Notes a run, in place of what was noted of it before. What is too old to be kept goes.
    ///
    /// Cut short, it may have happened or not.
    ///
    /// # Errors
    ///
    /// As [`Store::write`]; it is shown all the same.
    pub async fn note(&self, record: RunRecord) -> Result<(), StoreError> {
        let _writing = self.0.writing.lock().await;
        let changes = {
            let mut known = self.known();
            let mut changes = vec![self.put(&record)];
            if !record.status.is_active() {
                known.live.remove(&record.run);
            }
            known.records.insert(record.run.clone(), record);
            let surplus = known.surplus(self.0.keep);
            for run in surplus {
                known.records.remove(&run);
                changes.push(Change::Remove(self.0.scope.full(run.as_str())));
            }
            changes
        };
        self.0.scope.write(changes).await
    }

    /// Keeps the record of a run until the run is over. To be called as soon as it is started.
    ///
    /// Cut short, what was noted last is what is known of it.
    ///
    /// # Errors
    ///
    /// As [`Store::write`], at the end of the run; a failure before that is logged, since the next
    /// note makes good for it.
    pub async fn follow(&self, run: &RunControl) -> Result<(), StoreError> {
        // Asked for first, so that its end is not missed.
        let mut events = run.events();
        let status = run.status();
        let mut record = RunRecord {
            namespace: run.namespace().to_string(),
            status: RecordStatus::Running,
            ..RunRecord::new(status.run.clone(), status.pipeline.as_str(), status.started)
        };
        record.count(&status);
        self.known().live.insert(status.run.clone(), run.clone());
        self.note_or_log(record.clone()).await;
        let mut written = tokio::time::interval(WRITTEN_EVERY);
        written.set_missed_tick_behavior(MissedTickBehavior::Delay);
        written.reset();
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                _ = written.tick() => {
                    record.count(&run.status());
                    self.note_or_log(record.clone()).await;
                    continue;
                }
            };
            let kind = event.map(|event| (event.at, event.kind));
            match kind {
                Some((_, RunEventKind::Failed { component, error })) => {
                    let at = component.map(|component| format!("{component}: "));
                    let error = || format!("{}{error}", at.unwrap_or_default());
                    record.error.get_or_insert_with(error);
                }
                Some((at, RunEventKind::Ended(outcome))) => {
                    record.status = outcome.into();
                    record.ended = Some(at);
                    break;
                }
                Some(_) => {}
                // The engine is gone without a word.
                None => {
                    record.status = RecordStatus::Lost;
                    record.ended = Some(SystemTime::now());
                    break;
                }
            }
        }
        if record.status != RecordStatus::Failed {
            // What went wrong on the way was made good.
            record.error = None;
        }
        record.count(&run.status());
        self.note(record).await
    }
}

impl RunHistory {
    async fn note_or_log(&self, record: RunRecord) {
        if let Err(error) = self.note(record).await {
            tracing::warn!(error = %crate::Chain(&error), "a run was not noted");
        }
    }

    fn put(&self, record: &RunRecord) -> Change {
        let value = serde_json::to_vec(record).unwrap_or_default();
        Change::Put(self.0.scope.full(record.run.as_str()), value.into())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// A record as it is at this moment.
    fn now(&self, record: &RunRecord) -> RunRecord {
        let mut record = record.clone();
        if let Some(run) = self.live.get(&record.run) {
            record.count(&run.status());
        }
        record
    }

    /// The runs beyond the newest `keep`, without those that go on.
    fn surplus(&self, keep: usize) -> Vec<RunId> {
        let ended = self.records.values().filter(|one| !one.status.is_active());
        let mut ended: Vec<_> = ended.map(|one| (one.started, one.run.clone())).collect();
        let surplus = self.records.len().saturating_sub(keep).min(ended.len());
        ended.sort();
        ended.truncate(surplus);
        ended.into_iter().map(|(_, run)| run).collect()
    }
}

impl fmt::Debug for RunHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHistory")
            .field("runs", &self.known().records.len())
            .finish_non_exhaustive()
    }
}
