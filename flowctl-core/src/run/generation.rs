//! One start of all components of a pipeline, from opened to running tasks.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;

use super::{
    checkpoint::Checkpoints,
    counters::Counters,
    dead_letter::DeadLetter,
    ends::Ends,
    error::{RunError, RunErrorKind},
    events::{RunEventKind, Teller},
    layout::Layout,
    notes::Notes,
    opened::{Opened, OpenedSource},
    processor_task::ProcessorTask,
    readiness::Question,
    resume::{SinkHolds, resume},
    runner::Parts,
    sink_task::SinkTask,
    source_task::SourceTask,
    started::StartedList,
    status::ComponentState,
    task_set::TaskSet,
    watch_task::WatchTask,
    wiring::{self, DeadLetters},
};
use crate::{
    ComponentId, Position,
    component::{
        Cancellation, ComponentContext, ComponentError, Held, OpenSink, Resume, SourceIdentity,
    },
    executor::RunScope,
    link::{Limit, Tracker},
    spec::ComponentSpec,
    store::Scope,
};

/// The tasks of a generation, by the place of their component.
pub(super) type Tasks = TaskSet<Job, Result<(), RunError>>;

/// What a task of a generation does for the component at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Carries its records.
    Carry(usize),
    /// Watches the program that it is.
    Watch(usize),
}

/// One start of a pipeline.
pub(super) struct Generation<'r> {
    pub(super) parts: &'r Parts,
    pub(super) layout: &'r Layout,
    pub(super) scope: &'r RunScope,
    /// The corner of the store that is this pipeline's own.
    pub(super) state: &'r Scope,
    pub(super) number: u32,
    pub(super) counters: &'r [Arc<Counters>],
    pub(super) teller: &'r Teller,
    /// Given when sources should stand still.
    pub(super) stop: Cancellation,
    /// The component that is being started or opened, so that a panic has a name.
    pub(super) at: AtomicUsize,
    /// The time in which what is in flight is delivered after a source failed.
    pub(super) grace: Duration,
    /// What was started, in the order of starting.
    pub(super) started: StartedList,
}

impl Generation<'_> {
    /// Starts and opens everything, those that are fed before those that feed, and sets the tasks
    /// going; `None` when `asked` to stop first. No source has been asked for a record before
    /// everything is open.
    ///
    /// # Errors
    ///
    /// The first thing that did not come up; what did is closed again.
    pub(super) async fn start(
        &mut self,
        asked: impl Future<Output = ()>,
    ) -> Result<Option<Tasks>, RunError> {
        let mut opened = Opened::default();
        let ready = tokio::select! {
            biased;
            ready = AssertUnwindSafe(self.open(&mut opened)).catch_unwind() => {
                Some(ready.unwrap_or_else(|panic| {
                    let kind = RunErrorKind::Panicked { message: wiring::message(&*panic) };
                    let at = self.counters.get(self.at.load(Ordering::Relaxed));
                    let error = RunError::new(kind);
                    Err(at.map(|at| &at.id).into_iter().fold(error, RunError::of))
                }))
            }
            () = asked => None,
        };
        let not_ready = match ready {
            Some(Ok(notes)) => return Ok(Some(self.spawn(opened, notes))),
            Some(Err(error)) => Err(error),
            None => Ok(None),
        };
        opened.close().await;
        not_ready
    }

    async fn open(&mut self, opened: &mut Opened) -> Result<BTreeMap<usize, Notes>, RunError> {
        self.make(opened, None).await?;
        self.open_sinks(opened).await?;
        for (node, processors) in &mut opened.processors {
            self.at.store(*node, Ordering::Relaxed);
            for processor in processors {
                processor
                    .open()
                    .await
                    .map_err(|error| self.not_started(*node, error))?;
            }
        }
        let holds: Vec<(usize, Held)> = opened
            .sinks
            .iter()
            .map(|(node, (_, held))| (*node, held.clone()))
            .collect();
        let mut passed = BTreeMap::new();
        for (node, opened) in &mut opened.sources {
            self.at.store(*node, Ordering::Relaxed);
            (opened.resume, opened.checkpoint) =
                self.resume(*node, &opened.identity, &holds).await?;
            if let Some(after) = &opened.resume.after {
                passed.insert(self.id(*node).clone(), after.sequence);
            }
            let source = &mut opened.source;
            source
                .open(opened.resume.clone())
                .await
                .map_err(|error| self.not_started(*node, error))?;
            self.teller.tell(RunEventKind::Opened {
                component: self.id(*node).clone(),
                after: opened
                    .resume
                    .after
                    .as_ref()
                    .map(|position| position.sequence),
            });
        }
        let mut notes = BTreeMap::new();
        let sinks: Vec<usize> = opened.sinks.keys().copied().collect();
        for node in sinks {
            let scope = self.state.child(&format!("rejected/{}/", self.id(node)));
            let loaded = Notes::load(scope, &passed).await;
            let state = |error| RunError::from_store(RunErrorKind::State, error);
            notes.insert(node, loaded.map_err(state)?);
        }
        Ok(notes)
    }

    /// Asks the sources who they are, and the sinks what they hold of them.
    pub(super) async fn open_sinks(&self, opened: &mut Opened) -> Result<(), RunError> {
        let mut fingerprints = BTreeMap::new();
        for (node, opened) in &mut opened.sources {
            self.at.store(*node, Ordering::Relaxed);
            opened.identity = opened
                .source
                .identify()
                .await
                .map_err(|error| self.not_started(*node, error))?;
            fingerprints.insert(self.id(*node).clone(), opened.identity.fingerprint.clone());
        }
        for (node, (sink, held)) in &mut opened.sinks {
            self.at.store(*node, Ordering::Relaxed);
            let behind = |source: &ComponentId| self.sources_of(*node).contains(source);
            let sources = fingerprints.iter().filter(|(source, _)| behind(source));
            let open = OpenSink::new(
                sources
                    .map(|(id, print)| (id.clone(), print.clone()))
                    .collect(),
            );
            *held = sink
                .open(&open)
                .await
                .map_err(|error| self.not_started(*node, error))?;
        }
        Ok(())
    }

    pub(super) fn context(&self, node: usize, component: &ComponentSpec) -> ComponentContext {
        let prefix = format!("component/{}/", component.id);
        ComponentContext {
            namespace: self.scope.namespace.clone(),
            pipeline: self.scope.pipeline.clone(),
            run: self.scope.id.clone(),
            component: component.id.clone(),
            generation: self.number,
            cancellation: self.stop.child(),
            meter: self
                .counters
                .get(node)
                .map(|c| c.meter.clone())
                .unwrap_or_default(),
            codecs: self.parts.registry.codecs().clone(),
            state: self.state.child(&prefix),
        }
    }

    async fn resume(
        &self,
        node: usize,
        identity: &SourceIdentity,
        sinks: &[(usize, Held)],
    ) -> Result<(Resume, Option<Position>), RunError> {
        let id = self.id(node);
        let stored = Checkpoints(self.state.clone())
            .read(id)
            .await
            .map_err(|error| RunError::from_store(RunErrorKind::State, error))?;
        if let Some(stored) = &stored
            && stored.fingerprint != identity.fingerprint
        {
            let (stored, found) = (stored.fingerprint.clone(), identity.fingerprint.clone());
            return Err(RunError::new(RunErrorKind::OtherSource { stored, found })
                .of(id)
                .with_help("give the pipeline another name, or start it afresh with --fresh"));
        }
        let behind = sinks
            .iter()
            .filter(|(sink, _)| self.sources_of(*sink).contains(id));
        let holds = behind.map(|(_, held)| match held {
            Held::Unknown => SinkHolds::Unknown,
            Held::Positions(positions) => positions
                .get(id)
                .map_or(SinkHolds::Nothing, |through| SinkHolds::Through(*through)),
        });
        let checkpoint = stored.map(|stored| stored.position());
        let resume = resume(checkpoint.as_ref(), holds, identity.rewinds).map_err(|cannot| {
            let kind = RunErrorKind::CannotRewind {
                checkpoint: cannot.checkpoint,
                sink_has: cannot.needed,
            };
            RunError::new(kind).of(id)
        })?;
        // Where it resumes at the checkpoint itself, everything up to it is durable, and the last
        // generation may have ended before the source was told.
        let acknowledged =
            checkpoint.filter(|checkpoint| resume.after.as_ref() == Some(checkpoint));
        Ok((resume, acknowledged))
    }

    fn spawn(&self, mut opened: Opened, mut notes: BTreeMap<usize, Notes>) -> Tasks {
        let mut ends = Ends::new(self.layout);
        let mut tasks = TaskSet::new();
        self.watch(&mut tasks);
        for node in self.sinks_first() {
            let Some(counters) = self.counters.get(node).cloned() else {
                continue;
            };
            let Some(spec) = self.layout.nodes.get(node) else {
                continue;
            };
            if spec.carried.is_none() {
                continue;
            }
            let outlet = ends.outlet(self.layout, node);
            counters.watch(outlet.gauges());
            let inlet = ends.inlet(self.layout, node);
            let (policy, teller) = (spec.policy.clone(), self.teller.clone());
            let dead_letters = DeadLetters {
                component: counters.id.clone(),
                codecs: self.parts.registry.codecs().clone(),
                event_type: DeadLetter::event_type(),
                to: spec.letters_to,
            };
            wiring::enter(&counters, &teller, ComponentState::Ready);
            if let Some(OpenedSource {
                source,
                identity,
                resume,
                checkpoint,
            }) = opened.sources.remove(&node)
            {
                let task = SourceTask {
                    source,
                    fingerprint: identity.fingerprint,
                    after: resume.after.map(|position| position.sequence),
                    outlet,
                    tracker: Arc::new(Tracker::default()),
                    checkpoints: Checkpoints(self.state.clone()),
                    policy,
                    counters,
                    teller,
                    dead_letters,
                    stop: self.stop.clone(),
                    resumed: checkpoint,
                    grace: self.grace,
                };
                tasks.spawn(Job::Carry(node), task.run());
            } else if let Some(processors) = opened.processors.remove(&node) {
                let task = ProcessorTask {
                    processors,
                    inlet,
                    outlet,
                    policy,
                    counters,
                    teller,
                    dead_letters,
                };
                tasks.spawn(Job::Carry(node), task.run());
            } else if let (Some((sink, held)), Some(notes)) =
                (opened.sinks.remove(&node), notes.remove(&node))
            {
                let held = match held {
                    Held::Unknown => BTreeMap::new(),
                    Held::Positions(positions) => positions,
                };
                let queue = spec.component.queue;
                let task = SinkTask {
                    sink,
                    held,
                    inlet,
                    outlet,
                    limit: Limit::from(queue),
                    policy,
                    counters,
                    teller,
                    dead_letters,
                    notes,
                };
                tasks.spawn(Job::Carry(node), task.run());
            }
        }
        tasks
    }

    /// Sets going what watches the programs.
    fn watch(&self, tasks: &mut Tasks) {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        for started in started.iter() {
            let node = &self.layout.nodes[started.node];
            if !node.served {
                continue;
            }
            let live = node.component.probes.live.as_ref();
            let task = WatchTask {
                asker: self.asker(started),
                live: live.map(|probe| Question::of_spec(probe, &started.ports)),
                counters: Arc::clone(&self.counters[started.node]),
                teller: self.teller.clone(),
                stop: self.stop.clone(),
                carried: node.carried.is_some(),
            };
            tasks.spawn(Job::Watch(started.node), task.run());
        }
    }

    /// Those that are fed before those that feed.
    pub(super) fn sinks_first(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.layout.nodes.len()).rev()
    }

    pub(super) fn enter(&self, node: usize, state: ComponentState) {
        if let Some(counters) = self.counters.get(node) {
            counters.begin_generation(self.number);
            wiring::enter(counters, self.teller, state);
        }
    }

    pub(super) fn id(&self, node: usize) -> &ComponentId {
        &self.counters[node].id
    }

    fn sources_of(&self, node: usize) -> &BTreeSet<ComponentId> {
        &self.layout.nodes[node].sources
    }

    pub(super) fn not_started(&self, node: usize, error: ComponentError) -> RunError {
        RunError::from_component(RunErrorKind::NotStarted, self.id(node), error)
    }
}
