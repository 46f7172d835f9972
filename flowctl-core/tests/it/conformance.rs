//! The in-process executor keeps the contract that it is the reference for.

use std::sync::Arc;

use async_trait::async_trait;
use flowctl_core::{
    ComponentId, ComponentKind, ComponentSpec, Executor, Registry,
    executor::{Endpoint, Handle, InProcessExecutor, Reader},
    spec::Role,
    testing::{Numbers, conformance::Subject},
};

struct InProcess(Arc<InProcessExecutor>);

impl InProcess {
    fn new() -> Self {
        let mut registry = Registry::new();
        let kind = ComponentKind::source("numbers", "counts");
        registry
            .source(kind, |(): (), _| Ok(Box::new(Numbers::to(3))))
            .unwrap();
        Self(Arc::new(InProcessExecutor::new(registry)))
    }
}

#[async_trait]
impl Subject for InProcess {
    fn executor(&self) -> Arc<dyn Executor> {
        Arc::clone(&self.0) as Arc<dyn Executor>
    }

    fn outlives_the_executor(&self) -> bool {
        false
    }

    fn component(&self, id: &ComponentId) -> ComponentSpec {
        let mut component = ComponentSpec::new(id.clone(), Role::Source);
        component.uses = Some("numbers".to_owned());
        component
    }

    fn unsupported(&self, id: &ComponentId) -> (ComponentSpec, &'static str) {
        let mut component = ComponentSpec::new(id.clone(), Role::Source);
        component.image = Some("numbers:latest".to_owned());
        (component, "image")
    }

    async fn let_go(&self, executor: &dyn Executor, handle: &Handle) {
        let endpoint = executor
            .endpoint(handle, None, Reader::SameProcess)
            .await
            .unwrap();
        let Endpoint::Local(local) = endpoint else {
            panic!("not in this process")
        };
        drop(local.into_source().unwrap());
    }
}

flowctl_core::executor_conformance!(InProcess::new());
