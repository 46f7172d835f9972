use std::time::{Duration, SystemTime};

use bollard::models::{ContainerState, ContainerStateStatusEnum as Status};
use flowctl_core::executor::{ExitReport, ExitStatus};

/// Where in its life a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It was made and has not run.
    Created,
    /// It runs; a paused one does too.
    Running,
    /// It has ended.
    Ended,
    /// The engine is taking it away.
    Removing,
}

/// Where in its life the engine says a container is.
pub(crate) fn phase(state: Option<&ContainerState>) -> Phase {
    match state.and_then(|state| state.status) {
        Some(Status::RUNNING | Status::PAUSED | Status::RESTARTING | Status::STOPPING) => {
            Phase::Running
        }
        Some(Status::CREATED) => Phase::Created,
        Some(Status::REMOVING) => Phase::Removing,
        Some(Status::EXITED | Status::DEAD | Status::EMPTY) | None => Phase::Ended,
    }
}

/// How a container that has ended did so.
///
/// Engines report a death by signal as the code 128 + signal, as shells do; a program that ends itself
/// with such a code is reported alike. An out-of-memory kill counts only for code 137: the engine also
/// sets the flag when a command beside the main program was killed.
pub(crate) fn exit_report(state: Option<&ContainerState>, forced: bool) -> ExitReport {
    let Some(state) = state else {
        return ExitReport::new(ExitStatus::Unknown).forced(forced);
    };
    let status = match state.exit_code.and_then(|code| i32::try_from(code).ok()) {
        Some(137) if state.oom_killed == Some(true) => ExitStatus::OutOfMemory,
        Some(code @ 129..=192) => ExitStatus::Signal(code - 128),
        Some(code) => ExitStatus::Code(code),
        None => ExitStatus::Unknown,
    };
    let mut report = ExitReport::new(status).forced(forced);
    report.ended = state.finished_at.as_deref().and_then(moment);
    report
}

/// A moment as the engine writes it: RFC 3339. The year 1 means never.
pub(crate) fn moment(text: &str) -> Option<SystemTime> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    let seconds = u64::try_from(moment.as_second())
        .ok()
        .filter(|seconds| *seconds > 0)?;
    let nanoseconds = u32::try_from(moment.subsec_nanosecond()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(exit_code: i64, oom_killed: bool) -> ContainerState {
        ContainerState {
            status: Some(Status::EXITED),
            exit_code: Some(exit_code),
            oom_killed: Some(oom_killed),
            finished_at: Some("1970-01-01T00:00:01.5Z".to_owned()),
            ..ContainerState::default()
        }
    }

    #[test]
    fn codes_signals_and_out_of_memory_are_told_apart() {
        for (state, expected) in [
            (ended(0, false), ExitStatus::Code(0)),
            (ended(7, false), ExitStatus::Code(7)),
            (ended(137, false), ExitStatus::Signal(9)),
            (ended(143, false), ExitStatus::Signal(15)),
            (ended(137, true), ExitStatus::OutOfMemory),
            // A command that was run inside was killed, the container itself ended well.
            (ended(0, true), ExitStatus::Code(0)),
            (ended(255, false), ExitStatus::Code(255)),
            (ContainerState::default(), ExitStatus::Unknown),
        ] {
            assert_eq!(exit_report(Some(&state), false).status, expected);
        }
        assert_eq!(exit_report(None, true).status, ExitStatus::Unknown);
        let report = exit_report(Some(&ended(0, false)), true);
        assert!(report.forced);
        let expected = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        assert_eq!(report.ended, Some(expected));
    }

    #[test]
    fn never_is_no_moment() {
        assert_eq!(moment("0001-01-01T00:00:00Z"), None);
        assert_eq!(moment("yesterday"), None);
    }
}
