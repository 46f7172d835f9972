use std::sync::Arc;

use async_trait::async_trait;
use flowctl_core::{
    ComponentId, ComponentSpec, Executor,
    executor::{Handle, ProcessExecutor},
    spec::Secret,
    testing::conformance::Subject,
};
use tempfile::TempDir;

use super::lab::shell;

struct Process(TempDir);

impl Process {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The file whose appearance lets an instance go.
    fn gate(&self, id: &ComponentId) -> String {
        let gate = self.0.path().join(format!("{id}.go"));
        gate.into_os_string().into_string().unwrap()
    }
}

#[async_trait]
impl Subject for Process {
    fn executor(&self) -> Arc<dyn Executor> {
        Arc::new(ProcessExecutor::new(self.0.path().join("processes")))
    }

    fn outlives_the_executor(&self) -> bool {
        true
    }

    fn component(&self, id: &ComponentId) -> ComponentSpec {
        let gate = self.gate(id);
        let script = format!("trap 'exit 0' TERM; until [ -e {gate} ]; do sleep 0.02; done");
        shell(id.as_str(), &script)
    }

    fn unsupported(&self, id: &ComponentId) -> (ComponentSpec, &'static str) {
        let mut component = self.component(id);
        component.secrets = vec![Secret::new("token")];
        (component, "secrets")
    }

    async fn let_go(&self, _executor: &dyn Executor, handle: &Handle) {
        std::fs::write(self.gate(&handle.component), "").unwrap();
    }
}

flowctl_core::executor_conformance!(Process::new());
