//! What authors of backends implement: an [`Executor`] starts instances of components and answers
//! for them.
//!
//! # The contract
//!
//! The clauses have numbers; the conformance suite in `flowctl_core::testing` (feature `testing`)
//! has a test with the same number for each, and [`InProcessExecutor`] is the reference.
//!
//! * **E1** Starting the same instance (run, component, index, generation) again starts nothing: the
//!   answer is the handle of the one that runs, or `AlreadyExists` where it has ended.
//! * **E2** `start` answers when the backend has accepted the instance. That it is ready is observed
//!   elsewhere (probes, registration, the object itself), never assumed from `start`.
//! * **E3** A `start` that is dropped leaves at most one instance, and `list` finds it.
//! * **E4** `stop` asks, waits the grace period, then forces. It answers with the exit report.
//!   Stopping what has ended is fine and answers with the same report.
//! * **E5** A handle that the backend does not know is `NotFound`; `recover` says `Gone` for it.
//! * **E6** `wait` answers once the instance has ended, at once if it has already, as often as asked.
//!   It is cancel safe.
//! * **E7** `logs` keeps the order of each stream and loses nothing to bytes that are not UTF-8. It
//!   may be opened again at a moment in time.
//! * **E8** Whatever was started carries run and component with it: `list` needs no memory of this
//!   process, so that another process can clean up after a crash.
//! * **E9** A field of the spec that the backend cannot honour is `Unsupported`, with the field's
//!   name, at `start` at the latest. It is never ignored.
//! * **E10** A backend that cannot be reached is `Unavailable`, within a documented time.
//! * **E11** All methods may be called at once, from several tasks.
//! * **E12** Exit code, signal and out-of-memory are in the [`ExitReport`], or explicitly unknown.
//! * **E13** `open_run` and `close_run` may be repeated. After `close_run` nothing of the run is left
//!   but what the user owns.
//! * **E14** `recover` answers *mine*, *gone* or *cannot tell*. It never guesses.
//! * **E15** `reserve` starts nothing, gives no port twice, and refuses a pinned port that is taken.
//! * **E16** `exec` reports how the command ended, and is `NotFound` once the instance has ended.
//!
//! # Backends
//!
//! [`InProcessExecutor`] is always there. With feature `process`, on Unix, `ProcessExecutor` in
//! `process` starts programs of this machine.

mod capabilities;
mod endpoint;
mod error;
mod exit;
mod handle;
mod in_process;
mod instance;
mod local;
mod logs;
#[cfg(all(feature = "process", unix))]
pub mod process;
mod traits;
mod wanted_port;

pub(crate) use self::local::Objects;
#[cfg(all(feature = "process", unix))]
pub use self::process::ProcessExecutor;
pub use self::{
    capabilities::{Capabilities, WorkloadKind},
    endpoint::{Endpoint, Reader},
    error::{ExecutorError, ExecutorErrorKind},
    exit::{ExitReport, ExitStatus, StopOptions},
    handle::{Handle, Recovery},
    in_process::InProcessExecutor,
    instance::{BoundPort, Instance, RunScope},
    local::Local,
    logs::{LogLine, LogOptions, LogStream, Stream},
    traits::Executor,
    wanted_port::WantedPort,
};
