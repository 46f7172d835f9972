//! Three linked hops of 256-byte events, acknowledged end to end, against raw tokio channels that
//! move batches of the same size. Counted at the destination; alternating; medians of the ratio.
//!
//!     cargo run --release -p flowctl-benches --bin links

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should fail, and prints what it measured"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use flowctl_core::{
    Batch, ComponentError, ComponentKind, ComponentSpec, Event, EventType, Outcome, Output,
    Payload, PipelineSpec, Position, Processor, Registry, Runner, Sink, Source,
    component::{Held, Next, OpenSink, Resume, SourceIdentity},
    event::SourceBatch,
    spec::{Input, Role},
};
use tokio::sync::mpsc;

const EVENTS: u64 = 2_048_000;
const ROUNDS: usize = 9;

struct Made {
    next: u64,
    per_batch: u64,
    event_type: EventType,
    payload: Payload,
}

#[async_trait::async_trait]
impl Source for Made {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("made"))
    }

    async fn open(&mut self, _resume: Resume) -> Result<(), ComponentError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        if self.next > EVENTS {
            return Ok(Next::End);
        }
        let through = self.next + self.per_batch - 1;
        let event = |n| Event::new(self.event_type.clone(), n, self.payload.clone());
        let events = (self.next..=through).map(event).collect();
        self.next = through + 1;
        Ok(Next::Batch(SourceBatch::new(events, Position::at(through))))
    }
}

struct Pass;

#[async_trait::async_trait]
impl Processor for Pass {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        Ok(Output::unchanged(batch))
    }
}

struct Count(Arc<AtomicU64>);

#[async_trait::async_trait]
impl Sink for Count {
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        Ok(Held::Unknown)
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let events: usize = batches.iter().map(|batch| batch.events().len()).sum();
        self.0.fetch_add(events as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn component(name: &str, role: Role, inputs: &[&str]) -> ComponentSpec {
    let mut component = ComponentSpec::new(name.parse().unwrap(), role);
    component.uses = Some(name.to_owned());
    component.inputs = inputs
        .iter()
        .map(|from| Input::new(from.parse().unwrap()))
        .collect();
    component
}

async fn linked(per_batch: u64) -> f64 {
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let mut registry = Registry::new();
    registry
        .source(ComponentKind::source("made", ""), move |(): (), _| {
            let event_type = "bench.event".parse().unwrap();
            let payload = Payload::bytes(vec![7; 256]);
            Ok(Box::new(Made {
                next: 1,
                per_batch,
                event_type,
                payload,
            }))
        })
        .unwrap();
    for name in ["one", "two"] {
        let kind = ComponentKind::processor(name, "");
        registry
            .processor(kind, |(): (), _| Ok(Box::new(Pass)))
            .unwrap();
    }
    registry
        .sink(ComponentKind::sink("count", ""), move |(): (), _| {
            Ok(Box::new(Count(Arc::clone(&counted))))
        })
        .unwrap();
    let mut spec = PipelineSpec::new("bench".parse().unwrap());
    spec.components = vec![
        component("made", Role::Source, &[]),
        component("one", Role::Processor, &["made"]),
        component("two", Role::Processor, &["one"]),
        component("count", Role::Sink, &["two"]),
    ];
    let runner = Runner::builder(registry).build();
    let began = Instant::now();
    let report = runner.start(&spec).unwrap().wait().await;
    let took = began.elapsed();
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!(count.load(Ordering::Relaxed), EVENTS);
    EVENTS as f64 / took.as_secs_f64()
}

/// The same events in `Vec`s through three bounded channels whose bound is 1,024 events too.
async fn raw(per_batch: u64) -> f64 {
    let bound = (1_024 / per_batch).max(1) as usize;
    let (to_one, mut from_made) = mpsc::channel::<Vec<Event>>(bound);
    let (to_two, mut from_one) = mpsc::channel::<Vec<Event>>(bound);
    let (to_count, mut from_two) = mpsc::channel::<Vec<Event>>(bound);
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let event_type: EventType = "bench.event".parse().unwrap();
        let payload = Payload::bytes(vec![7; 256]);
        let mut next = 1;
        while next <= EVENTS {
            let event = |n| Event::new(event_type.clone(), n, payload.clone());
            to_one
                .send((next..next + per_batch).map(event).collect())
                .await
                .unwrap();
            next += per_batch;
        }
    });
    tasks.spawn(async move {
        while let Some(batch) = from_made.recv().await {
            to_two.send(batch).await.unwrap();
        }
    });
    tasks.spawn(async move {
        while let Some(batch) = from_one.recv().await {
            to_count.send(batch).await.unwrap();
        }
    });
    let mut count = 0;
    while let Some(batch) = from_two.recv().await {
        count += batch.len() as u64;
    }
    assert_eq!(count, EVENTS);
    EVENTS as f64 / began.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!("{EVENTS} events of 256 bytes, 3 hops, median of {ROUNDS} alternating rounds");
    for per_batch in [1, 16, 64, 256] {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (a, b) = (
                runtime.block_on(linked(per_batch)),
                runtime.block_on(raw(per_batch)),
            );
            ours.push(a);
            theirs.push(b);
            ratios.push(a / b);
        }
        println!(
            "batches of {per_batch:>3}: linked {:>6.2} M events/s, raw mpsc {:>6.2} M events/s, ratio {:.2}",
            median(ours) / 1e6,
            median(theirs) / 1e6,
            median(ratios),
        );
    }
}
