use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::{Instant, SystemTime},
};

use tokio::sync::watch;

use super::{
    counters::Counters,
    engine::{Engine, StopAsked},
    error::{RunError, RunErrorKind},
    events::Teller,
    generation::Generation,
    handle::{RunControl, RunHandle, Shared},
    instances::Instances,
    layout::Layout,
    plan::Plan,
    reset::Reset,
    started::StartedList,
};
use crate::{
    Chain, ComponentId, Namespace, PipelineName, Registry, RunId,
    component::Cancellation,
    connector::Connector,
    control::ControlPlane,
    executor::{Executor, InProcessExecutor, RunScope},
    probe::Prober,
    recorder::{NoRecorder, Recorder},
    spec::{PipelineSpec, SpecErrors},
    store::{MemoryStore, Scope, Store},
};

/// Plans pipelines and runs them. A value: several can live in one process and share nothing.
///
/// # Examples
///
/// ```
/// use flowctl_core::{
///     ComponentKind, Event, Outcome, Payload, PipelineSpec, Registry, Runner, adapt, spec::Component,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut registry = Registry::new();
/// registry.source(ComponentKind::source("count", "counts to three"), |(): (), _| {
///     Ok(adapt::source("one to three", |after| {
///         let event = |n: u64| Event::new("number".parse().unwrap(), n, Payload::bytes(n.to_string()));
///         (after.unwrap_or(0) + 1..=3).map(event)
///     }))
/// })?;
/// registry.sink(ComponentKind::sink("print", "prints numbers"), |(): (), _| {
///     Ok(adapt::sink(|event| {
///         println!("{:?}", event.payload().as_bytes());
///         Ok(())
///     }))
/// })?;
/// let pipeline = PipelineSpec::builder("numbers")
///     .source("in", Component::native("count"))
///     .sink("out", Component::native("print").input("in"))
///     .build()?;
///
/// let run = Runner::builder(registry).build().start(&pipeline)?;
/// assert_eq!(run.wait().await.outcome, Outcome::Completed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Runner {
    parts: Parts,
}

/// Puts a [`Runner`] together.
#[derive(Debug)]
pub struct RunnerBuilder {
    parts: Parts,
}

/// What a runner works with.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) registry: Registry,
    pub(super) executors: Vec<Arc<dyn Executor>>,
    pub(super) connectors: Vec<Arc<dyn Connector>>,
    pub(super) probers: Vec<Arc<dyn Prober>>,
    pub(super) control_plane: Option<Arc<dyn ControlPlane>>,
    pub(super) store: Arc<dyn Store>,
    pub(super) recorder: Arc<dyn Recorder>,
}

impl Runner {
    /// Begins with what every run needs: the components that specs can `use`.
    #[must_use]
    pub fn builder(registry: Registry) -> RunnerBuilder {
        let native = InProcessExecutor::new(registry.clone());
        RunnerBuilder {
            parts: Parts {
                registry,
                executors: vec![Arc::new(native)],
                connectors: Vec::new(),
                probers: Vec::new(),
                control_plane: None,
                store: Arc::new(MemoryStore::new()),
                recorder: Arc::new(NoRecorder),
            },
        }
    }

    /// What running the pipeline would do. Does nothing, and reads nothing but its arguments.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the spec, at once.
    pub fn plan(&self, pipeline: &PipelineSpec) -> Result<Plan, SpecErrors> {
        Plan::new(pipeline, &self.parts)
    }

    /// Starts the pipeline and answers at once; what happens next is told by the handle, also when
    /// something does not come up.
    ///
    /// Must be called within a tokio runtime, which the run uses.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the spec, at once; nothing was started.
    pub fn start(&self, pipeline: &PipelineSpec) -> Result<RunHandle, SpecErrors> {
        let plan = self.plan(pipeline)?;
        let shared = Arc::new(self.shared(pipeline, &plan.layout));
        let told = shared.teller.listen();
        let (stop, asked) = watch::channel(None);
        let engine = Engine {
            parts: self.parts.clone(),
            layout: plan.layout,
            shared: Arc::clone(&shared),
            stop: StopAsked(asked),
            grace: pipeline.stop_within,
        };
        let control = RunControl::new(shared, stop);
        Ok(RunHandle::new(
            control,
            told,
            super::task_set::spawn_run(engine.run()),
        ))
    }
}

impl Runner {
    /// Forgets what earlier runs of the pipeline left, so that the next begins at the beginning.
    ///
    /// Makes and opens sinks, and asks sources who they are, as a start would; no record moves. Must
    /// not be called while the pipeline runs. When it is cut short, calling it again finishes it.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::HoldsData`] when a sink holds data and may not, or cannot, be emptied;
    /// otherwise as a start that fails. The state is as it was then.
    pub async fn reset(&self, pipeline: &PipelineSpec, what: Reset) -> Result<(), RunError> {
        let plan = self
            .plan(pipeline)
            .map_err(|errors| RunError::new(RunErrorKind::NotStarted).caused_by(errors))?;
        let shared = self.shared(pipeline, &plan.layout);
        let mut generation = Generation {
            parts: &self.parts,
            layout: &plan.layout,
            scope: &shared.scope,
            number: 1,
            counters: &shared.counters,
            teller: &shared.teller,
            state: &shared.state,
            stop: Cancellation::new(),
            at: AtomicUsize::new(usize::MAX),
            grace: pipeline.stop_within,
            started: StartedList::default(),
        };
        generation.reset(what).await
    }

    /// Ends what runs of the pipeline left running when their process was killed, and answers which
    /// components those were. A start does the same first. Touches nothing that is not provably theirs.
    ///
    /// Must not be called while the pipeline runs. When it is cut short, calling it again finishes it.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::Leftover`] where it cannot be proven, [`RunErrorKind::ExecutorUnavailable`] where
    /// an executor cannot be asked, [`RunErrorKind::State`] where the state cannot be used.
    pub async fn end_leftovers(
        &self,
        namespace: &Namespace,
        pipeline: &PipelineName,
    ) -> Result<Vec<ComponentId>, RunError> {
        let state = Scope::new(
            Arc::clone(&self.parts.store),
            &format!("{namespace}/{pipeline}/"),
        );
        let id = RunId::from_bits(super::step::random_bits());
        let scope = RunScope::new(namespace.clone(), pipeline.clone(), id);
        let instances = Instances::of(&state);
        instances.end_leftovers(&self.parts, &scope).await
    }

    fn shared(&self, pipeline: &PipelineSpec, layout: &Layout) -> Shared {
        let (name, namespace) = (pipeline.name.clone(), pipeline.namespace.clone());
        let counters = layout.nodes.iter().map(|node| {
            let (id, role) = (node.component.id.clone(), node.component.role);
            let recorder = Arc::clone(&self.parts.recorder);
            Arc::new(Counters::new(id, role, pipeline.name.to_string(), recorder))
        });
        let state = format!("{namespace}/{name}/");
        Shared {
            state: Scope::new(Arc::clone(&self.parts.store), &state),
            scope: RunScope::new(
                namespace,
                name,
                RunId::from_bits(super::step::random_bits()),
            ),
            started: SystemTime::now(),
            clock: Instant::now(),
            counters: counters.collect(),
            control_plane: self.parts.control_plane.clone(),
            teller: Teller::new(),
        }
    }
}

impl RunnerBuilder {
    /// Keeps state in `store`; the default forgets it with the process.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.parts.store = store;
        self
    }

    /// Starts components with this executor too. Of several that can start a workload, the one that
    /// was added last does.
    #[must_use]
    pub fn executor(mut self, executor: Arc<dyn Executor>) -> Self {
        self.parts.executors.insert(0, executor);
        self
    }

    /// Reaches served components with this connector too.
    #[must_use]
    pub fn connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.parts.connectors.push(connector);
        self
    }

    /// Asks served components with this prober too.
    #[must_use]
    pub fn prober(mut self, prober: Arc<dyn Prober>) -> Self {
        self.parts.probers.push(prober);
        self
    }

    /// Has served components register with this control plane; the default has none, and components are
    /// not told of one. It belongs to one run at a time.
    #[must_use]
    pub fn control_plane(mut self, control_plane: Arc<dyn ControlPlane>) -> Self {
        self.parts.control_plane = Some(control_plane);
        self
    }

    /// Gives measurements to `recorder`; the default forgets them.
    #[must_use]
    pub fn recorder(mut self, recorder: Arc<dyn Recorder>) -> Self {
        self.parts.recorder = recorder;
        self
    }

    /// The runner.
    #[must_use]
    pub fn build(self) -> Runner {
        Runner { parts: self.parts }
    }
}

impl Parts {
    /// Has every executor take away what is left of a run.
    pub(super) async fn close_run(&self, scope: &RunScope) {
        for executor in &self.executors {
            if let Err(error) = executor.close_run(scope).await {
                tracing::warn!(error = %Chain(&error), "a run was not closed");
            }
        }
    }
}
