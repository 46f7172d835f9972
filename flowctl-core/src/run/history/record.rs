use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::super::{
    report::Outcome,
    status::{ComponentStatus, RunStatus},
};
use crate::{RunId, spec::Role};

/// What is kept of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// The pipeline's namespace.
    pub namespace: String,
    /// The pipeline's name. A run that another program has noted may have one that is none of ours.
    pub pipeline: String,
    /// How it is, or how it ended.
    pub status: RecordStatus,
    /// When it was started, by the wall clock.
    pub started: SystemTime,
    /// When it ended, by the wall clock; `None` while it goes on, and where nobody saw its end.
    pub ended: Option<SystemTime>,
    /// Events that its sources gave, so far or in all.
    pub events_in: u64,
    /// Events that its sinks took, so far or in all.
    pub events_out: u64,
    /// Bytes that it moved, where somebody counted them.
    pub bytes: u64,
    /// Its components, in the order of the graph.
    pub components: Vec<ComponentRecord>,
    /// The first error, with all causes.
    pub error: Option<String>,
    /// The spec as it was handed over, where it was.
    pub spec: Option<String>,
}

/// What is kept of one component of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComponentRecord {
    /// The component.
    pub id: String,
    /// Its role, where it is known.
    pub role: Option<Role>,
    /// Events that it took.
    pub events_in: u64,
    /// Events that it gave.
    pub events_out: u64,
}

/// How a run is, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RecordStatus {
    /// It is being started.
    Starting,
    /// It goes on.
    Running,
    /// Every source came to its end, and everything is durable.
    Completed,
    /// It was asked to stop, and everything that was in flight is durable.
    Drained,
    /// It was asked to stop, and some components had to be ended by force.
    Forced,
    /// A component failed.
    Failed,
    /// Nobody saw its end: the process that ran it was killed, say.
    Lost,
}

impl RunRecord {
    /// A run that starts at this moment.
    #[must_use]
    pub fn new(run: RunId, pipeline: impl Into<String>, started: SystemTime) -> Self {
        Self {
            run,
            namespace: String::new(),
            pipeline: pipeline.into(),
            status: RecordStatus::Starting,
            started,
            ended: None,
            events_in: 0,
            events_out: 0,
            bytes: 0,
            components: Vec::new(),
            error: None,
            spec: None,
        }
    }

    /// How long it took, or has been going on until `now`; `None` where nobody saw its end.
    #[must_use]
    pub fn duration(&self, now: SystemTime) -> Option<Duration> {
        let until = match self.status {
            RecordStatus::Lost => self.ended?,
            _ => self.ended.unwrap_or(now),
        };
        Some(until.duration_since(self.started).unwrap_or_default())
    }

    /// Counts what the components of a run have counted.
    pub(super) fn count(&mut self, status: &RunStatus) {
        let sum = |role, count: fn(&ComponentStatus) -> u64| {
            let components = status.components.iter();
            components.filter(|one| one.role == role).map(count).sum()
        };
        self.events_in = sum(Role::Source, |one| one.events_out);
        self.events_out = sum(Role::Sink, |one| one.events_in);
        let components = status.components.iter().map(|one| ComponentRecord {
            role: Some(one.role),
            events_in: one.events_in,
            events_out: one.events_out,
            ..ComponentRecord::new(one.id.as_str())
        });
        self.components = components.collect();
    }
}

impl ComponentRecord {
    /// A component that has moved nothing yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            role: None,
            events_in: 0,
            events_out: 0,
        }
    }
}

impl RecordStatus {
    /// The word for it, the same everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Drained => "drained",
            Self::Forced => "forced",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    /// Whether it goes on.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

impl From<Outcome> for RecordStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Drained => Self::Drained,
            Outcome::Forced => Self::Forced,
            Outcome::Failed => Self::Failed,
        }
    }
}
