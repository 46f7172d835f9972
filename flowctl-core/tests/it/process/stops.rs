//! How programs end, and what they leave behind.

use std::time::Duration;

use flowctl_core::{
    Executor, RunId,
    executor::{ExecutorErrorKind, ExitStatus, LogOptions, StopOptions, process::KeptLogs},
    run::LogSource,
};
use futures_util::StreamExt;

use super::lab::{Lab, number_in, runs, shell, soon, until};

#[tokio::test]
async fn a_program_that_exits_at_once_is_reported() {
    let lab = Lab::new();
    let handle = lab.start("exit 7").await;
    let report = soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(report.status, ExitStatus::Code(7));
    assert!(!report.forced && report.ended.is_some(), "{report:?}");
    // Another process reads the same.
    assert_eq!(lab.later().wait(&handle).await.unwrap(), report);
}

#[tokio::test]
async fn a_signal_is_reported() {
    let lab = Lab::new();
    let handle = lab.start("kill -USR1 $$; sleep 1000").await;
    let report = soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(report.status, ExitStatus::Signal(10));
}

#[tokio::test]
async fn a_program_that_ignores_the_signal_is_forced() {
    let lab = Lab::new();
    let script = format!(
        "trap '' TERM; echo $$ > {}; while :; do sleep 0.02; done",
        lab.file("pid").display()
    );
    let handle = lab.start(&script).await;
    let pid = number_in(&lab.file("pid")).await;
    let stop = lab
        .executor
        .stop(&handle, StopOptions::within(Duration::from_millis(50)));
    let report = soon(stop).await.unwrap();
    assert!(report.forced, "{report:?}");
    assert_eq!(report.status, ExitStatus::Signal(9));
    assert!(
        !std::path::Path::new(&format!("/proc/{pid}")).exists(),
        "a zombie is left"
    );
    assert_eq!(lab.executor.wait(&handle).await.unwrap(), report);
}

#[tokio::test]
async fn a_program_is_asked_with_the_signal_of_its_spec() {
    let lab = Lab::new();
    let script = format!(
        "trap 'exit 5' INT; trap '' TERM; echo $$ > {}; while :; do sleep 0.02; done",
        lab.file("pid").display()
    );
    let handle = lab.start(&script).await;
    number_in(&lab.file("pid")).await;
    let mut options = StopOptions::default();
    options.signal = "SIGNOTHING".to_owned();
    let error = lab
        .executor
        .stop(&handle, options.clone())
        .await
        .unwrap_err();
    let field = "stop.signal".to_owned();
    assert_eq!(*error.kind(), ExecutorErrorKind::Unsupported { field });
    options.signal = "SIGINT".to_owned();
    options.grace = Duration::from_secs(60);
    let report = soon(lab.executor.stop(&handle, options)).await.unwrap();
    assert_eq!((report.status, report.forced), (ExitStatus::Code(5), false));
}

#[tokio::test]
async fn a_program_that_is_stopped_by_a_signal_can_be_ended() {
    let lab = Lab::new();
    let pid = lab.file("pid");
    let script = format!(
        "trap 'exit 0' TERM; echo $$ > {}; kill -STOP $$; while :; do sleep 0.02; done",
        pid.display()
    );
    let handle = lab.start(&script).await;
    let number = number_in(&pid).await;
    let stopped = || {
        std::fs::read_to_string(format!("/proc/{number}/stat"))
            .is_ok_and(|stat| stat.contains(") T "))
    };
    until(stopped).await;
    let stop = lab
        .executor
        .stop(&handle, StopOptions::within(Duration::from_secs(60)));
    let report = soon(stop).await.unwrap();
    assert_eq!((report.status, report.forced), (ExitStatus::Code(0), false));
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_ended() {
    let lab = Lab::new();
    let pid = lab.file("pid");
    let script = format!(
        "(trap '' TERM HUP; echo $(exec sh -c 'echo $PPID') > {0}; while :; do sleep 0.02; done) & until [ -s {0} ]; do sleep 0.01; done; exit 3",
        pid.display()
    );
    let handle = lab.start(&script).await;
    let left = number_in(&pid).await;
    let report = soon(lab.executor.wait(&handle)).await.unwrap();
    assert_eq!(report.status, ExitStatus::Code(3));
    assert!(!runs(left), "{left} is an orphan");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_daemon_that_leaves_its_group_is_ended_too() {
    let lab = Lab::new();
    let pid = lab.file("pid");
    let daemon = format!("echo $$ > {}; while :; do sleep 0.02; done", pid.display());
    let script = format!(
        "setsid sh -c '{daemon}' & until [ -s {} ]; do sleep 0.01; done",
        pid.display()
    );
    let handle = lab.start(&script).await;
    let daemon = number_in(&pid).await;
    soon(lab.executor.wait(&handle)).await.unwrap();
    until(|| !runs(daemon)).await;
}

#[tokio::test]
async fn a_program_behind_a_wrapper_has_its_grace() {
    let lab = Lab::new();
    let (pid, done) = (lab.file("pid"), lab.file("done"));
    // The wrapper ends at once when it is asked; the program writes down that it could end well.
    let program = format!(
        "trap 'sleep 0.2; echo well > {}; exit 0' TERM; echo $$ > {}; while :; do sleep 0.02; done",
        done.display(),
        pid.display()
    );
    let handle = lab
        .start(&format!(
            "sh -c '{}' & wait",
            program.replace('\'', "'\\''")
        ))
        .await;
    number_in(&pid).await;
    let stop = lab
        .executor
        .stop(&handle, StopOptions::within(Duration::from_secs(60)));
    let report = soon(stop).await.unwrap();
    assert!(!report.forced, "{report:?}");
    assert_eq!(std::fs::read_to_string(done).unwrap(), "well\n");
}

#[tokio::test]
async fn an_executor_that_is_dropped_leaves_no_orphan() {
    let lab = Lab::new();
    let pid = lab.file("pid");
    let script = format!(
        "trap '' TERM; echo $$ > {}; while :; do sleep 0.02; done",
        pid.display()
    );
    lab.start(&script).await;
    let number = number_in(&pid).await;
    let Lab {
        executor, folder, ..
    } = lab;
    drop(executor);
    until(|| !std::path::Path::new(&format!("/proc/{number}")).exists()).await;
    drop(folder);
}

#[tokio::test]
async fn what_was_written_is_left_when_a_run_is_closed() {
    let lab = Lab::new();
    let handle = lab.start("echo last words; exit 1").await;
    soon(lab.executor.wait(&handle)).await.unwrap();
    let log = lab.file_of(&handle, "out.log");
    lab.executor.close_run(&lab.scope).await.unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "last words\n");
    let kept = KeptLogs::new(lab.file("processes"), lab.scope.id.clone());
    let app = handle.component.clone();
    assert_eq!(kept.components(), std::slice::from_ref(&app));
    let lines = kept.log(&app, LogOptions::default()).await.unwrap();
    let lines: Vec<_> = soon(lines.collect()).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].as_ref().unwrap().line.bytes, "last words");
    // As for a start anew: what was left is not its own.
    lab.executor.open_run(&lab.scope).await.unwrap();
    let again = lab.start("echo anew").await;
    soon(lab.executor.wait(&again)).await.unwrap();
    assert_eq!(lab.texts(&again).await, ["anew"]);
}

#[tokio::test]
async fn the_output_of_many_runs_does_not_pile_up() {
    let mut lab = Lab::new();
    let mut handles = Vec::new();
    for run in 1..=12 {
        lab.scope.id = RunId::from_bits(run);
        lab.executor.open_run(&lab.scope).await.unwrap();
        handles.push(lab.start("echo words").await);
        // The last one goes on.
        if run < 12 {
            lab.executor.close_run(&lab.scope).await.unwrap();
        }
    }
    let kept = handles
        .iter()
        .map(|handle| lab.file_of(handle, "out.log").exists());
    assert_eq!(kept.filter(|kept| *kept).count(), 11);
    assert!(
        !lab.file_of(&handles[0], "out.log").exists(),
        "the oldest goes first"
    );
    assert!(lab.file_of(&handles[11], "out.log").exists());
}

#[tokio::test]
async fn the_output_of_many_generations_does_not_pile_up() {
    let lab = Lab::new();
    let mut instance = lab.instance(shell("app", "echo words"));
    let mut handles = Vec::new();
    for generation in 1..=5 {
        instance.generation = generation;
        let handle = lab.executor.start(&instance).await.unwrap();
        soon(lab.executor.wait(&handle)).await.unwrap();
        lab.executor.remove(&handle).await.unwrap();
        handles.push(handle);
    }
    let left = handles
        .iter()
        .filter(|handle| lab.file_of(handle, "out.log").exists());
    let left: Vec<u32> = left.map(|handle| handle.generation).collect();
    assert_eq!(left, [3, 4, 5]);
}
