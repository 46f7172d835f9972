//! The executor keeps the contract of flowctl-core, on a real engine.

use std::sync::Arc;

use async_trait::async_trait;
use flowctl_core::{
    ComponentId, ComponentSpec, Executor, executor::Handle, spec::Role,
    testing::conformance::Subject,
};
use flowctl_docker::{DockerExecutor, Engine};

use crate::{bench, subject::SubjectImage};

struct Docker {
    engine: Engine,
    image: SubjectImage,
}

impl Docker {
    async fn find() -> Option<Self> {
        let engine = bench::engine("conformance").await?;
        let image = SubjectImage::build(&engine).await;
        Some(Self { engine, image })
    }
}

#[async_trait]
impl Subject for Docker {
    fn executor(&self) -> Arc<dyn Executor> {
        Arc::new(DockerExecutor::new(self.engine.clone()))
    }

    fn outlives_the_executor(&self) -> bool {
        true
    }

    fn component(&self, id: &ComponentId) -> ComponentSpec {
        let mut component = ComponentSpec::new(id.clone(), Role::Source);
        component.image = Some(self.image.reference.clone());
        component
    }

    fn unsupported(&self, id: &ComponentId) -> (ComponentSpec, &'static str) {
        let mut component = self.component(id);
        component.resources.requests.pids = Some(1);
        (component, "resources.requests.pids")
    }

    fn writer(&self, id: &ComponentId, lines: &[&[u8]]) -> Option<ComponentSpec> {
        let hex = |line: &&[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut component = self.component(id);
        component.args = vec!["say".to_owned()];
        component.args.extend(lines.iter().map(hex));
        Some(component)
    }

    fn listens(&self) -> bool {
        true
    }

    fn command(&self, code: u8) -> Option<Vec<String>> {
        Some(
            [
                "/app/subject".to_owned(),
                "exit".to_owned(),
                code.to_string(),
            ]
            .into(),
        )
    }

    async fn let_go(&self, executor: &dyn Executor, handle: &Handle) {
        // SIGUSR1, sent to process 1 from inside.
        let command = ["/app/subject", "signal", "10"].map(str::to_owned);
        executor.exec(handle, &command).await.unwrap();
    }
}

flowctl_core::executor_conformance!(where possible Docker::find().await);
