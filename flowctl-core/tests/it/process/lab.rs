use std::{future::Future, path::PathBuf, time::Duration};

use flowctl_core::{
    ComponentContext, ComponentId, ComponentSpec, Executor, Namespace, RunId,
    executor::{
        ExecutorError, ExecutorErrorKind, Handle, Instance, LogLine, LogOptions, ProcessExecutor,
        RunScope,
    },
    spec::Role,
};
use futures_util::TryStreamExt;
use tempfile::TempDir;

/// How long anything may take that does come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder and a run of its own for one test.
pub(super) struct Lab {
    pub(super) folder: TempDir,
    pub(super) executor: ProcessExecutor,
    pub(super) scope: RunScope,
}

impl Lab {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            executor: ProcessExecutor::new(processes(&folder)),
            scope: scope(),
            folder,
        }
    }

    /// Another executor on the same folder, as a later process would have.
    pub(super) fn later(&self) -> ProcessExecutor {
        ProcessExecutor::new(processes(&self.folder))
    }

    /// A file of the test's own.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of an instance.
    pub(super) fn file_of(&self, handle: &Handle, name: &str) -> PathBuf {
        let Handle {
            run,
            component,
            index,
            generation,
            ..
        } = handle;
        let folder = format!("{component}.{index}.{generation}");
        let run = processes(&self.folder).join(run.as_str());
        run.join(folder).join(name)
    }

    pub(super) fn instance(&self, component: ComponentSpec) -> Instance {
        let context = ComponentContext::detached(component.id.clone());
        Instance::new(self.scope.clone(), component, context)
    }

    /// Starts a shell script as the component `app`.
    pub(super) async fn start(&self, script: &str) -> Handle {
        let instance = self.instance(shell("app", script));
        self.executor.start(&instance).await.unwrap()
    }

    /// Starts this component and says with what kind and message that fails.
    pub(super) async fn refused(&self, component: ComponentSpec) -> (ExecutorErrorKind, String) {
        let instance = self.instance(component);
        let error = self.executor.start(&instance).await.unwrap_err();
        assert_eq!(self.executor.list(&self.scope.id).await.unwrap(), []);
        told(&error)
    }

    /// All lines that are there.
    pub(super) async fn lines(&self, handle: &Handle, options: LogOptions) -> Vec<LogLine> {
        let lines = self.executor.logs(handle, options).await.unwrap();
        soon(lines.try_collect()).await.unwrap()
    }

    /// All that an instance has written, as text.
    pub(super) async fn texts(&self, handle: &Handle) -> Vec<String> {
        let lines = self.lines(handle, LogOptions::default()).await;
        let text = |line: LogLine| String::from_utf8(line.bytes.to_vec()).unwrap();
        lines.into_iter().map(text).collect()
    }
}

fn processes(folder: &TempDir) -> PathBuf {
    folder.path().join("processes")
}

pub(super) fn scope() -> RunScope {
    let pipeline = "tested".parse().unwrap();
    RunScope::new(Namespace::default(), pipeline, RunId::from_bits(1))
}

/// A component that is a shell script.
pub(super) fn shell(id: &str, script: &str) -> ComponentSpec {
    command(id, &["/bin/sh", "-c", script])
}

/// A component that is a command.
pub(super) fn command(id: &str, words: &[&str]) -> ComponentSpec {
    let id: ComponentId = id.parse().unwrap();
    let mut component = ComponentSpec::new(id, Role::Source);
    component.command = words.iter().map(|word| (*word).to_owned()).collect();
    component
}

pub(super) fn told(error: &ExecutorError) -> (ExecutorErrorKind, String) {
    (error.kind().clone(), flowctl_core::Chain(error).to_string())
}

/// What comes of this, which must come.
pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

/// Waits until this is so.
pub(super) async fn until(mut is_so: impl FnMut() -> bool) {
    soon(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Whether a process is there, other than as one that has ended.
pub(super) fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let (_, rest) = stat.rsplit_once(')').unwrap();
        !rest.trim_start().starts_with('Z')
    })
}

/// The number that a script has written to a file.
pub(super) async fn number_in(path: &std::path::Path) -> u32 {
    let read = || std::fs::read_to_string(path).unwrap_or_default();
    until(|| read().ends_with('\n')).await;
    read().trim().parse().unwrap()
}
