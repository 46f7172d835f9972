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

    fn writer(&self, id: &ComponentId, lines: &[&[u8]]) -> Option<ComponentSpec> {
        let octal = |line: &&[u8]| {
            let mut text: String = line.iter().map(|byte| format!("\\\\{byte:03o}")).collect();
            text.push_str("\\\\n");
            text
        };
        let text: String = lines.iter().map(octal).collect();
        let gate = self.gate(id);
        let script = format!("printf {text}; until [ -e {gate} ]; do sleep 0.02; done");
        Some(shell(id.as_str(), &script))
    }

    fn listens(&self) -> bool {
        true
    }

    fn command(&self, code: u8) -> Option<Vec<String>> {
        let script = format!("exit {code}");
        Some(["/bin/sh", "-c", &script].map(str::to_owned).to_vec())
    }

    async fn let_go(&self, _executor: &dyn Executor, handle: &Handle) {
        std::fs::write(self.gate(&handle.component), "").unwrap();
    }
}

flowctl_core::executor_conformance!(Process::new());
