use std::{collections::HashMap, future::Future};

use tokio::task::{Id, JoinError, JoinSet};

/// Tasks with labels: each is joined, and all end with the set.
///
/// The only place that spawns: a task that nobody waits for cannot exist, and how each ended is told
/// with its label, also when it panicked.
#[derive(Debug)]
pub(crate) struct TaskSet<L, T> {
    tasks: JoinSet<T>,
    labels: HashMap<Id, L>,
}

impl<L, T: Send + 'static> TaskSet<L, T> {
    pub(crate) fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            labels: HashMap::new(),
        }
    }

    pub(crate) fn spawn(&mut self, label: L, task: impl Future<Output = T> + Send + 'static) {
        let id = self.tasks.spawn(task).id();
        self.labels.insert(id, label);
    }

    /// The next task that ends; `None` when none is left. Cancel safe.
    pub(crate) async fn join_next(&mut self) -> Option<(L, Result<T, JoinError>)> {
        let (id, result) = match self.tasks.join_next_with_id().await? {
            Ok((id, value)) => (id, Ok(value)),
            Err(error) => (error.id(), Err(error)),
        };
        Some((self.labels.remove(&id)?, result))
    }

    /// The labels of the tasks that have not been joined.
    pub(crate) fn running(&self) -> impl Iterator<Item = &L> {
        self.labels.values()
    }

    /// Ends all tasks at their next suspension.
    pub(crate) fn abort_all(&mut self) {
        self.tasks.abort_all();
    }
}

/// Sets the one task of a run going. It outlives whoever started it: a run whose handle is dropped
/// drains before it ends.
#[expect(
    clippy::disallowed_methods,
    reason = "the root of a run; every other task is in a TaskSet"
)]
pub(crate) fn spawn_run<T: Send + 'static>(
    engine: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(engine)
}
