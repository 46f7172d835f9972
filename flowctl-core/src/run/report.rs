use super::{error::RunError, status::RunStatus};
use crate::ComponentId;

/// How a run ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunReport {
    /// How, in one word.
    pub outcome: Outcome,
    /// The first error; the ones that followed from it are not listed.
    pub error: Option<RunError>,
    /// Components that were ended by force because the deadline of a stop ran out.
    pub forced: Vec<ComponentId>,
    /// Every component at the end.
    pub status: RunStatus,
}

/// How a run ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Every source came to its end, and everything is durable.
    Completed,
    /// It was asked to stop, and everything that was in flight is durable.
    Drained,
    /// It was asked to stop, and some components had to be ended by force.
    Forced,
    /// A component failed.
    Failed,
}

impl Outcome {
    /// The word for it, the same everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Drained => "drained",
            Self::Forced => "forced",
            Self::Failed => "failed",
        }
    }
}
