use std::future::Future;

use tokio::task::{AbortHandle, JoinError, JoinSet};

/// The tasks of one generation: each is joined, and all end with the set.
///
/// The only place that spawns: a task that nobody waits for cannot exist.
#[derive(Debug)]
pub(crate) struct TaskSet<T>(JoinSet<T>);

impl<T: Send + 'static> TaskSet<T> {
    pub(crate) fn new() -> Self {
        Self(JoinSet::new())
    }

    pub(crate) fn spawn(&mut self, task: impl Future<Output = T> + Send + 'static) -> AbortHandle {
        self.0.spawn(task)
    }

    /// The next task that ends; `None` when none is left. Cancel safe.
    pub(crate) async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.0.join_next().await
    }

    /// Ends all tasks at their next suspension.
    pub(crate) fn abort_all(&mut self) {
        self.0.abort_all();
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
