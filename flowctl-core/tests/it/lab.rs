//! Pipelines for tests: components by name, wired by hand, run to the end.

use std::{sync::Arc, time::Duration};

use flowctl_core::{
    ComponentId, ComponentKind, ComponentSpec, Outcome, PipelineSpec, Processor, Registry,
    RunReport, Runner, Sink, Source, Store,
    component::ComponentError,
    run::{ComponentStatus, RunHandle},
    spec::{Input, Role},
    store::MemoryStore,
    testing::{Numbers, Vault},
};

/// A registry, a spec and a state under construction.
pub(crate) struct Lab {
    pub(crate) registry: Registry,
    pub(crate) spec: PipelineSpec,
    pub(crate) store: Arc<dyn Store>,
}

pub(crate) fn id(text: &str) -> ComponentId {
    text.parse().unwrap()
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self {
            registry: Registry::new(),
            spec: PipelineSpec::new("lab".parse().unwrap()),
            store: Arc::new(MemoryStore::new()),
        }
    }

    /// The same state with nothing in the pipeline: the next process.
    pub(crate) fn next_process(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            ..Self::new()
        }
    }

    pub(crate) fn source(
        self,
        name: &str,
        make: impl Fn() -> Box<dyn Source> + Send + Sync + 'static,
    ) -> Self {
        let mut lab = self.component(name, Role::Source, &[]);
        let kind = ComponentKind::source(name, "a source");
        lab.registry
            .source(kind, move |(): (), _| Ok(make()))
            .unwrap();
        lab
    }

    pub(crate) fn numbers(self, name: &str, numbers: Numbers) -> Self {
        self.source(name, move || Box::new(numbers.clone()))
    }

    pub(crate) fn processor(
        self,
        name: &str,
        inputs: &[&str],
        make: impl Fn() -> Box<dyn Processor> + Send + Sync + 'static,
    ) -> Self {
        let mut lab = self.component(name, Role::Processor, inputs);
        let kind = ComponentKind::processor(name, "a processor").stateless();
        lab.registry
            .processor(kind, move |(): (), _| Ok(make()))
            .unwrap();
        lab
    }

    pub(crate) fn sink(
        self,
        name: &str,
        inputs: &[&str],
        make: impl Fn() -> Box<dyn Sink> + Send + Sync + 'static,
    ) -> Self {
        let mut lab = self.component(name, Role::Sink, inputs);
        let kind = ComponentKind::sink(name, "a sink");
        lab.registry
            .sink(kind, move |(): (), _| Ok::<_, ComponentError>(make()))
            .unwrap();
        lab
    }

    pub(crate) fn vault(self, name: &str, inputs: &[&str], vault: &Vault) -> Self {
        let vault = vault.clone();
        self.sink(name, inputs, move || vault.sink())
    }

    fn component(mut self, name: &str, role: Role, inputs: &[&str]) -> Self {
        let mut component = ComponentSpec::new(id(name), role);
        component.uses = Some(name.to_owned());
        component.inputs = inputs.iter().map(|from| Input::new(id(from))).collect();
        component.on_error.retry.backoff.base = Duration::from_millis(1);
        component.restart.backoff.base = Duration::from_millis(1);
        self.spec.components.push(component);
        self
    }

    /// Changes the spec of a component.
    pub(crate) fn with(mut self, name: &str, change: impl FnOnce(&mut ComponentSpec)) -> Self {
        let named = |component: &&mut ComponentSpec| component.id == *name;
        change(self.spec.components.iter_mut().find(named).unwrap());
        self
    }

    pub(crate) fn start(&self) -> RunHandle {
        let runner = Runner::builder(self.registry.clone())
            .store(Arc::clone(&self.store))
            .build();
        runner.start(&self.spec).unwrap()
    }

    pub(crate) async fn run(&self) -> RunReport {
        self.start().wait().await
    }

    /// Runs to the end, which must be a good one.
    pub(crate) async fn complete(&self) -> RunReport {
        let report = self.run().await;
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.error);
        report
    }
}

/// What the report says of a component.
pub(crate) fn status<'r>(report: &'r RunReport, name: &str) -> &'r ComponentStatus {
    report
        .status
        .components
        .iter()
        .find(|component| component.id == *name)
        .unwrap()
}
