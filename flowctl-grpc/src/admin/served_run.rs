use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use flowctl_core::{
    ComponentId, RunId,
    executor::{ExecutorError, LogOptions},
    run::{ComponentLog, LogSource, Plan, PlannedEdge, RunControl, RunHistory},
};
use futures_util::StreamExt as _;
use tokio::task::JoinSet;

use super::event_log::EventLog;

/// A run as it is served to other processes.
pub struct ServedRun {
    control: RunControl,
    history: RunHistory,
    logs: Arc<dyn LogSource>,
    grace: Duration,
    edges: Vec<PlannedEdge>,
    /// The executor of each component, as far as the plan says.
    executors: Vec<(ComponentId, String)>,
    control_plane: Option<String>,
    events: Arc<EventLog>,
    /// Follows the events; ends with this.
    _following: JoinSet<()>,
}

impl ServedRun {
    /// A run and its history, with no logs. What happens is kept from now on, so this comes right after
    /// the start. Needs a tokio runtime.
    #[must_use]
    pub fn new(control: RunControl, history: RunHistory) -> Self {
        let events = Arc::new(EventLog::new());
        let mut following = JoinSet::new();
        let (mut told, log) = (control.events(), Arc::clone(&events));
        following.spawn(async move {
            while let Some(event) = told.next().await {
                log.push(event);
            }
        });
        Self {
            control,
            history,
            logs: Arc::new(NoLogs),
            grace: Duration::from_secs(30),
            edges: Vec::new(),
            executors: Vec::new(),
            control_plane: None,
            events,
            _following: following,
        }
    }

    /// Where the logs are, for example [`RunLogs`](flowctl_core::run::RunLogs).
    #[must_use]
    pub fn logs(mut self, logs: Arc<dyn LogSource>) -> Self {
        self.logs = logs;
        self
    }

    /// How long a stop that does not say may take; default 30 s.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How its components are run and its edges carried.
    #[must_use]
    pub fn plan(mut self, plan: &Plan) -> Self {
        self.edges = plan.edges().to_vec();
        let components = plan.components().iter();
        self.executors = components
            .filter_map(|one| Some((one.id.clone(), one.executor.clone()?)))
            .collect();
        self
    }

    /// Where its components register, `host:port`.
    #[must_use]
    pub fn control_plane(mut self, address: impl fmt::Display) -> Self {
        self.control_plane = Some(address.to_string());
        self
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.control.status().run
    }

    /// Its history.
    #[must_use]
    pub const fn history(&self) -> &RunHistory {
        &self.history
    }

    /// Asks it to stop within `grace`, or in the time that was set.
    pub fn stop(&self, grace: Option<Duration>) {
        self.control.stop(grace.unwrap_or(self.grace));
    }

    /// Waits until it is over. Cancel safe.
    pub async fn ended(&self) {
        let mut newest = self.events.watch();
        while self.events.outcome().is_none() && newest.changed().await.is_ok() {}
    }
}

impl ServedRun {
    pub(super) const fn run_control(&self) -> &RunControl {
        &self.control
    }

    pub(super) fn log_source(&self) -> &Arc<dyn LogSource> {
        &self.logs
    }

    pub(super) fn planned_edges(&self) -> &[PlannedEdge] {
        &self.edges
    }

    pub(super) fn executor_of(&self, component: &ComponentId) -> Option<&str> {
        let mut executors = self.executors.iter();
        let (_, name) = executors.find(|(id, _)| id == component)?;
        Some(name)
    }

    pub(super) fn control_plane_address(&self) -> Option<&str> {
        self.control_plane.as_deref()
    }

    pub(super) const fn event_log(&self) -> &Arc<EventLog> {
        &self.events
    }
}

impl fmt::Debug for ServedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedRun")
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct NoLogs;

#[async_trait]
impl LogSource for NoLogs {
    fn components(&self) -> Vec<ComponentId> {
        Vec::new()
    }

    async fn log(
        &self,
        _component: &ComponentId,
        _options: LogOptions,
    ) -> Result<ComponentLog, ExecutorError> {
        Ok(ComponentLog::new(futures_util::stream::empty()))
    }
}
