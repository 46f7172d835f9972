//! Whoever starts programs may be killed, and a later process answers for what it left.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use flowctl_core::{
    Executor,
    executor::{
        ExecutorErrorKind, ExitStatus, Handle, LogLine, LogOptions, Recovery, StopOptions, Stream,
    },
};
use futures_util::{StreamExt, TryStreamExt};

use super::lab::{Lab, number_in, runs, soon, until};

/// Where the process that is going to be killed keeps its instances.
const FOLDER: &str = "FLOWCTL_TEST_PROCESSES";

/// The process that is going to be killed. Only another test starts it.
#[tokio::test]
#[ignore = "it is one half of another test, and never ends"]
async fn starter() {
    let folder = std::env::var(FOLDER).unwrap();
    let mut lab = Lab::new();
    lab.executor =
        flowctl_core::executor::ProcessExecutor::new(Path::new(&folder).join("processes"));
    let script = format!(
        "trap 'echo asked; exit 0' TERM; echo started; echo $$ > {folder}/pid; \
         until [ -e {folder}/gate ]; do sleep 0.02; done; echo alone; echo $$ > {folder}/alone; \
         while :; do sleep 0.02; done"
    );
    lab.start(&script).await;
    std::future::pending::<()>().await;
}

/// Has another process start an instance, and kills it. What is left is the instance.
async fn orphan(lab: &Lab) -> Handle {
    let mut starter = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::crashes::starter", "--ignored"])
        .env(FOLDER, lab.folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    number_in(&lab.file("pid")).await;
    // Its start is written down before it is answered, and soon after the script runs.
    let record = || {
        fs::read_dir(lab.file("processes")).is_ok_and(|runs| {
            let folders = runs
                .flatten()
                .flat_map(|run| fs::read_dir(run.path()).unwrap())
                .flatten();
            folders.into_iter().any(|folder| {
                fs::read_to_string(folder.path().join("record.json"))
                    .is_ok_and(|text| text.contains("started"))
            })
        })
    };
    until(record).await;
    starter.kill().unwrap();
    starter.wait().unwrap();
    let handles = lab.executor.list(&lab.scope.id).await.unwrap();
    handles.into_iter().next().unwrap()
}

#[tokio::test]
async fn what_a_killed_process_started_is_found_followed_and_stopped() {
    let lab = Lab::new();
    let handle = orphan(&lab).await;
    let pid = number_in(&lab.file("pid")).await;
    assert!(runs(pid), "it outlives who started it");

    // Nobody keeps it, and it writes on.
    fs::write(lab.file("gate"), "").unwrap();
    number_in(&lab.file("alone")).await;

    assert_eq!(lab.executor.recover(&handle).await.unwrap(), Recovery::Mine);
    let mut options = LogOptions::default();
    options.follow = true;
    let mut lines = lab.executor.logs(&handle, options).await.unwrap();
    for expected in ["started", "alone"] {
        assert_eq!(soon(lines.next()).await.unwrap().unwrap().bytes, expected);
    }
    let waiting = lab.executor.wait(&handle);
    let stopping = lab
        .executor
        .stop(&handle, StopOptions::within(Duration::from_secs(60)));
    let (waited, stopped) = soon(async { tokio::join!(waiting, stopping) }).await;
    let (waited, stopped) = (waited.unwrap(), stopped.unwrap());
    // Only its parent could have asked for its status.
    assert_eq!(
        (&stopped.status, stopped.forced),
        (&ExitStatus::Unknown, false)
    );
    assert_eq!(waited, stopped);
    assert!(!runs(pid));
    let rest: Vec<LogLine> = soon(lines.try_collect()).await.unwrap();
    // Some shells say something of what they waited for.
    let mut said = rest.iter().filter(|line| line.stream == Stream::Out);
    assert_eq!(said.next().unwrap().bytes, "asked");
    assert_eq!(said.next(), None);
    lab.executor.remove(&handle).await.unwrap();
    assert_eq!(lab.executor.recover(&handle).await.unwrap(), Recovery::Gone);
}

#[tokio::test]
async fn what_a_killed_process_started_is_not_started_again() {
    let lab = Lab::new();
    let handle = orphan(&lab).await;
    assert_eq!(lab.start("echo another").await, handle);
    lab.executor.close_run(&lab.scope).await.unwrap();
    let pid = number_in(&lab.file("pid")).await;
    until(|| !runs(pid)).await;
    assert_eq!(lab.executor.list(&lab.scope.id).await.unwrap(), []);
}

#[tokio::test]
async fn a_start_that_was_cut_short_is_found_by_its_output() {
    let lab = Lab::new();
    let handle = orphan(&lab).await;
    // As if the process had been killed before it could write down what it had started.
    let found = rewrite(&lab, &handle, |state| *state = "starting".into()).await;
    assert_eq!(found, handle);
    assert_eq!(lab.executor.recover(&handle).await.unwrap(), Recovery::Mine);
    lab.executor.close_run(&lab.scope).await.unwrap();
}

/// Kills an instance with all it started, behind its executor's back.
async fn kill(pid: u32) {
    let group = format!("-{pid}");
    let kill = Command::new("kill").args(["-KILL", "--", &group]).status();
    assert!(kill.unwrap().success());
    until(|| !runs(pid)).await;
}

/// Changes the record of an instance, and says what its handle is then.
async fn rewrite(
    lab: &Lab,
    handle: &Handle,
    change: impl FnOnce(&mut serde_json::Value),
) -> Handle {
    let record = lab.file_of(handle, "record.json");
    let mut text: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    change(&mut text["state"]);
    fs::write(&record, text.to_string()).unwrap();
    let handles = lab.executor.list(&lab.scope.id).await.unwrap();
    handles.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_stranger_with_the_number_of_an_instance_is_left_alone() {
    let lab = Lab::new();
    let ours = orphan(&lab).await;
    kill(number_in(&lab.file("pid")).await).await;
    assert_eq!(lab.executor.recover(&ours).await.unwrap(), Recovery::Gone);
    let mut stranger = Command::new("sleep")
        .arg("1000")
        .process_group(0)
        .spawn()
        .unwrap();
    let mistaken = rewrite(&lab, &ours, |state| {
        state["started"]["pid"] = stranger.id().into();
        // Both may have started within one tick of the system's clock, which a number that comes again
        // never does.
        let start = state["started"]["start"].as_u64().unwrap();
        state["started"]["start"] = (start - 1).into();
    })
    .await;
    let known = lab.executor.recover(&mistaken).await.unwrap();
    assert_eq!(known, Recovery::Gone);
    let at_once = StopOptions::within(Duration::ZERO);
    let report = lab.executor.stop(&mistaken, at_once).await.unwrap();
    assert_eq!(report.status, ExitStatus::Unknown);
    let waited = soon(lab.executor.wait(&mistaken)).await.unwrap();
    assert_eq!(waited, report);
    lab.executor.close_run(&lab.scope).await.unwrap();
    let ended = stranger.try_wait().unwrap();
    assert_eq!(ended, None, "a stranger was killed");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_process_that_nothing_is_written_about_is_not_taken() {
    let lab = Lab::new();
    let handle = orphan(&lab).await;
    fs::remove_file(lab.file_of(&handle, "record.json")).unwrap();
    let known = lab.executor.recover(&handle).await.unwrap();
    assert!(matches!(known, Recovery::CannotTell { .. }), "{known:?}");
    let at_once = StopOptions::within(Duration::ZERO);
    let stop = lab.executor.stop(&handle, at_once).await;
    assert_eq!(*stop.unwrap_err().kind(), ExecutorErrorKind::NotFound);
    let pid = number_in(&lab.file("pid")).await;
    assert!(runs(pid));
    kill(pid).await;
    assert_eq!(lab.executor.recover(&handle).await.unwrap(), Recovery::Gone);
}

#[tokio::test]
async fn an_instance_of_another_container_is_gone_once_nobody_writes_its_output() {
    let lab = Lab::new();
    let ours = orphan(&lab).await;
    let pid = number_in(&lab.file("pid")).await;
    let hidden = rewrite(&lab, &ours, |state| {
        state["started"]["namespace"] = "pid:[1]".into();
    })
    .await;
    let known = lab.executor.recover(&hidden).await.unwrap();
    assert!(matches!(known, Recovery::CannotTell { .. }), "{known:?}");
    let wait = lab.executor.wait(&hidden).await.unwrap_err();
    assert_eq!(*wait.kind(), ExecutorErrorKind::Unavailable);
    let closed = lab.executor.close_run(&lab.scope).await.unwrap_err();
    assert_eq!(*closed.kind(), ExecutorErrorKind::Unavailable);

    kill(pid).await;
    let gone = async {
        while lab.executor.recover(&hidden).await.unwrap() != Recovery::Gone {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon(gone).await;
    lab.executor.close_run(&lab.scope).await.unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_said() {
    let lab = Lab::new();
    let handle = lab.start("true").await;
    soon(lab.executor.wait(&handle)).await.unwrap();
    fs::write(lab.file_of(&handle, "record.json"), r#"{"schema":99}"#).unwrap();
    let error = lab.later().wait(&handle).await.unwrap_err();
    let message = flowctl_core::Chain(&error).to_string();
    assert!(
        message.contains("record.json cannot be read: it has schema 99"),
        "{message}"
    );
}
