use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::status::{ComponentState, ComponentStatus, ProgramStatus};
use crate::{
    ComponentId,
    component::Meter,
    event::Batch,
    link::Gauge,
    recorder::{Metric, Recorder},
    spec::Role,
};

/// What is counted about one component, over all its generations. Shared by its task and whoever
/// looks at the run; touched once a batch.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) id: ComponentId,
    pub(crate) role: Role,
    pub(crate) meter: Meter,
    pipeline: String,
    recorder: Arc<dyn Recorder>,
    events_in: AtomicU64,
    events_out: AtomicU64,
    batches: AtomicU64,
    retries: AtomicU64,
    dead_letters: AtomicU64,
    shown: Mutex<Shown>,
}

#[derive(Debug)]
struct Shown {
    state: ComponentState,
    generation: u32,
    positions: BTreeMap<ComponentId, u64>,
    tip: Option<u64>,
    durable: Option<u64>,
    /// The edges out of the component.
    edges: Vec<Gauge>,
    /// What is known of it from its start, where it runs outside this process.
    program: Option<ProgramStatus>,
}

impl Counters {
    pub(crate) fn new(
        id: ComponentId,
        role: Role,
        pipeline: String,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        let shown = Shown {
            state: ComponentState::Waiting,
            generation: 0,
            positions: BTreeMap::new(),
            tip: None,
            durable: None,
            edges: Vec::new(),
            program: None,
        };
        Self {
            id,
            role,
            meter: Meter::default(),
            pipeline,
            recorder,
            events_in: AtomicU64::new(0),
            events_out: AtomicU64::new(0),
            batches: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            dead_letters: AtomicU64::new(0),
            shown: Mutex::new(shown),
        }
    }

    fn count(&self, counter: &AtomicU64, metric: Metric, count: u64) {
        if count > 0 {
            counter.fetch_add(count, Relaxed);
            self.recorder
                .add(metric, &self.pipeline, self.id.as_str(), count);
        }
    }

    pub(crate) fn took(&self, batch: &Batch) {
        self.batches.fetch_add(1, Relaxed);
        self.count(
            &self.events_in,
            Metric::EventsIn,
            batch.events().len() as u64,
        );
    }

    pub(crate) fn gave(&self, events: usize) {
        self.count(&self.events_out, Metric::EventsOut, events as u64);
    }

    pub(crate) fn handed_out(&self, batch: &Batch, tip: Option<u64>) {
        self.batches.fetch_add(1, Relaxed);
        let mut shown = self.shown();
        shown.tip = tip.or(shown.tip);
        shown.reach(batch);
    }

    pub(crate) fn finished_with(&self, batch: &Batch) {
        self.shown().reach(batch);
    }

    pub(crate) fn durable(&self, sequence: u64) {
        self.shown().durable = Some(sequence);
        self.recorder.set(
            Metric::DurablePosition,
            &self.pipeline,
            self.id.as_str(),
            sequence,
        );
    }

    pub(crate) fn retried(&self) {
        self.count(&self.retries, Metric::Retries, 1);
    }

    pub(crate) fn dead_lettered(&self, events: usize) {
        self.count(&self.dead_letters, Metric::DeadLetters, events as u64);
    }

    pub(crate) fn dropped(&self, reason: impl Into<Cow<'static, str>>, events: u64) {
        self.meter.dropped(reason, events);
        if events > 0 {
            self.recorder
                .add(Metric::Dropped, &self.pipeline, self.id.as_str(), events);
        }
    }

    /// From now on what waits on these edges is shown.
    pub(crate) fn watch(&self, edges: Vec<Gauge>) {
        self.shown().edges = edges;
    }

    /// Shows another state; gives back the one before.
    pub(crate) fn enter(&self, state: ComponentState) -> ComponentState {
        std::mem::replace(&mut self.shown().state, state)
    }

    /// It runs outside this process, like this.
    pub(crate) fn runs_as(&self, program: ProgramStatus) {
        self.shown().program = Some(program);
    }

    /// Whether nothing will happen to it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.shown().state.is_over()
    }

    pub(crate) fn generation(&self) -> u32 {
        self.shown().generation
    }

    pub(crate) fn begin_generation(&self, generation: u32) {
        self.shown().generation = generation;
    }

    pub(crate) fn status(&self) -> ComponentStatus {
        let shown = self.shown();
        ComponentStatus {
            id: self.id.clone(),
            role: self.role,
            state: shown.state.clone(),
            generation: shown.generation,
            events_in: self.events_in.load(Relaxed),
            events_out: self.events_out.load(Relaxed),
            batches: self.batches.load(Relaxed),
            positions: shown.positions.clone(),
            tip: shown.tip,
            durable: shown.durable,
            retries: self.retries.load(Relaxed),
            dropped: self.meter.all_dropped(),
            dead_letters: self.dead_letters.load(Relaxed),
            warnings: self.meter.all_warnings(),
            queued: fullest(&shown.edges),
            program: shown.program.clone(),
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn reach(&mut self, batch: &Batch) {
        match self.positions.get_mut(batch.source()) {
            Some(position) => *position = batch.through(),
            None => {
                self.positions
                    .insert(batch.source().clone(), batch.through());
            }
        }
    }
}

/// What waits on the fullest of some edges, in events and bytes.
fn fullest(edges: &[Gauge]) -> (u64, u64) {
    let depths = edges.iter().map(Gauge::depth);
    let (events, bytes) = depths.fold((0, 0), |most, depth| {
        (most.0.max(depth.0), most.1.max(depth.1))
    });
    (events as u64, bytes as u64)
}
