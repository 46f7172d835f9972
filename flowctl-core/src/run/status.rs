use std::{
    borrow::Cow,
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use crate::{ComponentId, PipelineName, RunId, control::Health, spec::Role};

/// A run at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunStatus {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The run.
    pub run: RunId,
    /// When it was started.
    pub started: SystemTime,
    /// How long it has been running, on a clock that does not jump.
    pub elapsed: Duration,
    /// Every component, in the order of the graph.
    pub components: Vec<ComponentStatus>,
}

/// One component at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ComponentStatus {
    /// The component.
    pub id: ComponentId,
    /// Its role.
    pub role: Role,
    /// What it is doing.
    pub state: ComponentState,
    /// Which start of it this is, from 1; 0 before the first.
    pub generation: u32,
    /// Events that it took.
    pub events_in: u64,
    /// Events that it gave.
    pub events_out: u64,
    /// Batches that it took, or gave if it is a source.
    pub batches: u64,
    /// How far it is, per source: for a source what it has handed out, for the others what they have
    /// finished with.
    pub positions: BTreeMap<ComponentId, u64>,
    /// The newest sequence that a source's origin has, if it tells.
    pub tip: Option<u64>,
    /// How far the stream of a source is durable in every sink.
    pub durable: Option<u64>,
    /// Calls that were made again after an error.
    pub retries: u64,
    /// Events that were left out, by reason.
    pub dropped: BTreeMap<Cow<'static, str>, u64>,
    /// Events that became dead letters.
    pub dead_letters: u64,
    /// Things that are allowed but not as they should be, by kind.
    pub warnings: BTreeMap<Cow<'static, str>, u64>,
    /// Events and bytes that wait on the fullest edge out of it.
    pub queued: (u64, u64),
    /// How a component that runs outside this process is, and what it reports; `None` for one that runs
    /// inside, and before the first start.
    pub program: Option<ProgramStatus>,
}

/// A component that runs outside this process, at one moment.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ProgramStatus {
    /// The executor that runs it.
    pub executor: String,
    /// Where its ports are, by name: `host:port` as other components of the run see them.
    pub addresses: BTreeMap<String, String>,
    /// Whether flowctl carries its records; otherwise it streams by itself, and the counts of events are
    /// those that it reports.
    pub carried: bool,
    /// Its health as the control plane knows it from registration and heartbeats, with the reason;
    /// `None`: it has not registered.
    pub health: Option<(Health, String)>,
    /// The newest measurements of its heartbeats.
    pub reported: BTreeMap<String, f64>,
}

impl ProgramStatus {
    /// A measurement of its heartbeats as a count.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u64> {
        let value = *self.reported.get(name)?;
        // Counts of events fit into the 53 bits that a float keeps exactly.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "negative and enormous values are cut off first"
        )]
        (value.is_finite() && value >= 0.0).then(|| value.min(9e15) as u64)
    }
}

impl ComponentStatus {
    /// How many sequences a source is behind its origin, if it tells.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let position = *self.positions.get(&self.id)?;
        self.tip.map(|tip| tip.saturating_sub(position))
    }
}

/// What a component is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentState {
    /// Not started yet.
    Waiting,
    /// Being opened.
    Starting,
    /// Working.
    Ready,
    /// Caught up with its origin; waiting for more.
    Idle,
    /// A call failed; it is made again after a pause.
    Retrying,
    /// The pipeline ended with an error and is started again after a pause.
    BackingOff,
    /// Finishing what is in flight.
    Draining,
    /// Has come to its own end.
    Finished,
    /// Was asked to end, and did.
    Stopped,
    /// Ended with an error.
    Failed,
}

impl ComponentState {
    /// The word for it, the same everywhere.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Idle => "idle",
            Self::Retrying => "retrying",
            Self::BackingOff => "backing off",
            Self::Draining => "draining",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing will happen any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Finished | Self::Stopped | Self::Failed)
    }
}
