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
/// What was asked about, or was to be attached to, does not run.
pub const NOT_RUNNING: u8 = 7;
/// Added to the number of the signal that was given a second time to force the end.
pub const SIGNAL: u8 = 128;

/// The exit code that tells how a run ended.
pub(crate) fn of_report(report: &RunReport) -> u8 {
    let components = &report.status.components;
    let restarted = components.iter().any(|component| component.generation > 1);
    let error = report.error.as_ref();
    let at_start = error.is_some_and(|error| error.kind().is_at_start());
    of_outcome(report.outcome, at_start && !restarted)
}

/// The same by what matters of the report: its outcome, and whether it never got beyond its start.
const fn of_outcome(outcome: Outcome, failed_at_start: bool) -> u8 {
    match (outcome, failed_at_start) {
        (Outcome::Completed | Outcome::Drained, _) => DONE,
        (Outcome::Forced, _) => FORCED,
        (_, true) => NOT_STARTED,
        (_, false) => FAILED,
    }
}

/// The exit code that tells how a run of another process ended, by the word for it.
pub(crate) fn of_word(outcome: &str) -> u8 {
    match outcome {
        "completed" | "drained" => DONE,
        "forced" => FORCED,
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
6 something was forced to end, 7 what was asked about does not run, 128+n signal n was given twice.";

/// The code as the operating system takes it.
pub(crate) fn exit(code: u8) -> ExitCode {
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_run_has_its_code() {
        assert_eq!(of_outcome(Outcome::Completed, false), 0);
        assert_eq!(of_outcome(Outcome::Drained, false), 0);
        assert_eq!(of_outcome(Outcome::Failed, true), 4);
        assert_eq!(of_outcome(Outcome::Failed, false), 5);
        assert_eq!(of_outcome(Outcome::Forced, false), 6);
    }

    #[test]
    fn a_forcing_signal_is_told_as_shells_do() {
        assert_eq!(of_signal(2), 130);
        assert_eq!(of_signal(15), 143);
    }
}
