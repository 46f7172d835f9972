use std::{path::PathBuf, sync::Arc};

use flowctl_core::{
    ComponentContext, ComponentId, ComponentSpec, Executor, Namespace, RunId,
    executor::{Handle, Instance, ProcessExecutor, RunScope},
    spec::Role,
};
use tempfile::TempDir;

/// A folder and a run of its own for one test.
pub(super) struct Lab {
    pub(super) folder: TempDir,
    pub(super) executor: Arc<ProcessExecutor>,
    pub(super) scope: RunScope,
}

impl Lab {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let executor = Arc::new(ProcessExecutor::new(folder.path().join("processes")));
        let pipeline = "tested".parse().unwrap();
        let run = RunId::from_bits(1);
        Self {
            executor,
            scope: RunScope::new(Namespace::default(), pipeline, run),
            folder,
        }
    }

    /// Another executor on the same folder, as a later process would have.
    pub(super) fn later(&self) -> ProcessExecutor {
        ProcessExecutor::new(self.folder.path().join("processes"))
    }

    /// The folder of the first instance of a component.
    pub(super) fn folder_of(&self, handle: &Handle) -> PathBuf {
        let Handle {
            component,
            index,
            generation,
            ..
        } = handle;
        let run = self
            .folder
            .path()
            .join("processes")
            .join(handle.run.as_str());
        run.join(format!("{component}.{index}.{generation}"))
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
}

/// A component that is a shell script.
pub(super) fn shell(id: &str, script: &str) -> ComponentSpec {
    let id: ComponentId = id.parse().unwrap();
    let mut component = ComponentSpec::new(id, Role::Service);
    component.command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    component
}
