//! Running a pipeline: plan → open → run → drain → report.
//!
//! A [`Runner`] turns a spec into a [`Plan`] without doing anything, and starts it. A [`RunHandle`]
//! shows the run (status snapshots, a stream of events), stops it, and waits for its [`RunReport`].
//! Nothing here is global: two runs in one process do not know of each other.

mod asker;
mod carrier;
mod checkpoint;
mod counters;
mod dead_letter;
mod deadline;
mod ending;
mod ends;
mod engine;
mod environment;
mod error;
mod events;
mod explain;
mod generation;
mod handle;
mod history;
mod instances;
mod launch;
mod layout;
mod logs;
mod notes;
mod opened;
mod plan;
mod preview;
mod processor_task;
mod readiness;
mod ready;
mod report;
mod reset;
mod resume;
mod runner;
mod sink_task;
mod source_task;
mod started;
mod status;
mod step;
mod surroundings;
mod task_set;
mod watch_task;
mod wiring;

#[cfg(feature = "testing")]
pub(crate) use self::step::random_bits;
pub use self::{
    dead_letter::DeadLetter,
    error::{RunError, RunErrorKind},
    events::{RunEvent, RunEventKind, RunEvents},
    explain::explain_run_code,
    handle::{RunControl, RunHandle},
    history::{ComponentRecord, RecordStatus, RunHistory, RunRecord},
    logs::{ComponentLine, ComponentLog, LogSource, RunLogs},
    plan::{Plan, PlannedComponent, PlannedEdge},
    report::{Outcome, RunReport},
    reset::Reset,
    runner::{Runner, RunnerBuilder},
    status::{ComponentState, ComponentStatus, ProgramStatus, RunStatus},
};
