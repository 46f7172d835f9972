//! How a flowctl process ends. The numbers are part of the interface; they never change meaning.

use std::process::ExitCode;

use flowctl_core::{Outcome, RunReport};

/// It did what was asked; a run came to its end or was drained.
pub const DONE: u8 = 0;
/// The command line does not make sense, or names a file that cannot be read.
pub const USAGE: u8 = 2;
/// The pipeline's spec is wrong; nothing was started.
pub const SPEC: u8 = 3;
/// The pipeline could not start; no record was moved.
pub const NOT_STARTED: u8 = 4;
/// The pipeline failed while it ran.
pub const FAILED: u8 = 5;
/// The pipeline was asked to stop, and something had to be ended by force.
pub const FORCED: u8 = 6;
/// Added to the number of the signal that was given a second time to force the end.
pub const SIGNAL: u8 = 128;

/// The exit code that tells how a run ended.
pub(crate) fn of_report(report: &RunReport) -> u8 {
    let restarted = report
        .status
        .components
        .iter()
        .any(|component| component.generation > 1);
    match (report.outcome, &report.error) {
        (Outcome::Completed | Outcome::Drained, _) => DONE,
        (Outcome::Forced, _) => FORCED,
        (_, Some(error)) if error.kind().is_at_start() && !restarted => NOT_STARTED,
        _ => FAILED,
    }
}

/// The exit code of a run that a second `signal` forced to its end.
pub(crate) fn of_signal(signal: i32) -> u8 {
    u8::try_from(signal).map_or(FORCED, |signal| SIGNAL.saturating_add(signal))
}

/// What `flowctl --help` says about them.
pub(crate) const HELP: &str = "\
Exit codes: 0 done or drained, 2 usage, 3 the spec is wrong, 4 could not start, 5 failed while running,
6 something was forced to end, 128+n signal n was given twice.";

/// The code as the operating system takes it.
pub(crate) fn exit(code: u8) -> ExitCode {
    ExitCode::from(code)
}
