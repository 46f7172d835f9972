//! A whole pipeline over proxied components, and the bounds of reading ahead.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use flowctl_core::{
    ComponentError, ComponentKind, Event, Outcome, Payload, PipelineSpec, Position, Registry,
    Runner, Source,
    component::{Next, Resume, SourceIdentity},
    event::SourceBatch,
    spec::Component,
    store::{MemoryStore, Store},
    testing::{Numbers, Vault},
};
use flowctl_grpc::{
    Offer,
    data::{DataProcessor, DataSink, DataSource},
};

use crate::{
    breaker::Breaker,
    lab::{Lab, context, quick},
    scripted::Fan,
};

/// Counts what it hands out, without end.
struct Endless {
    next: u64,
    bytes: usize,
    handed_out: Arc<AtomicU64>,
}

#[async_trait]
impl Source for Endless {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("endless"))
    }

    async fn open(&mut self, _resume: Resume) -> Result<(), ComponentError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        tokio::task::yield_now().await;
        self.next += 1;
        self.handed_out.fetch_add(1, Ordering::Relaxed);
        let payload = Payload::bytes(vec![0; self.bytes]);
        let event = Event::new("e".parse().unwrap(), self.next, payload);
        Ok(Next::Batch(SourceBatch::new(
            vec![event],
            Position::at(self.next),
        )))
    }
}

/// Lets everything run until `count` stands still.
async fn settled(count: &AtomicU64) -> u64 {
    let mut last = count.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = count.load(Ordering::Relaxed);
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

#[tokio::test]
async fn credit_bounds_what_is_read_ahead_and_comes_back() {
    for (bytes, most) in [
        (10, DataSource::AHEAD_EVENTS),
        (1 << 20, DataSource::AHEAD_BYTES >> 20),
    ] {
        let handed_out = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&handed_out);
        let offer = Offer::new("far").source(move |_| {
            Ok(Box::new(Endless {
                next: 0,
                bytes,
                handed_out: Arc::clone(&count),
            }))
        });
        let lab = Lab::data(&offer).await;
        let mut source = DataSource::new(quick(), lab.address(), context());
        source.identify().await.unwrap();
        source.open(Resume::default()).await.unwrap();
        // One is under way in the source when the credit ends.
        assert!(settled(&handed_out).await <= most + 1);
        for expected in 1..=3 * most {
            let Next::Batch(batch) = source.next().await.unwrap() else {
                panic!("it has no end");
            };
            assert_eq!(batch.through.sequence, expected);
        }
        assert!(settled(&handed_out).await <= 4 * most + 1);
        source.close().await.unwrap();
    }
}

/// A pipeline whose three components are behind `ways`.
async fn run(store: &Arc<dyn Store>, ways: [&Breaker; 3]) {
    let [source, processor, sink] = ways.map(Breaker::address);
    let mut registry = Registry::new();
    registry
        .source(
            ComponentKind::source("far-source", ""),
            move |(): (), context| Ok(Box::new(DataSource::new(quick(), source.clone(), context))),
        )
        .unwrap()
        .processor(
            ComponentKind::processor("far-processor", ""),
            move |(): (), context| {
                Ok(Box::new(DataProcessor::new(
                    quick(),
                    processor.clone(),
                    &context,
                )))
            },
        )
        .unwrap()
        .sink(
            ComponentKind::sink("far-sink", ""),
            move |(): (), context| Ok(Box::new(DataSink::new(quick(), sink.clone(), &context))),
        )
        .unwrap();
    let spec = PipelineSpec::builder("far")
        .source("numbers", Component::native("far-source"))
        .processor("fan", Component::native("far-processor").input("numbers"))
        .sink("vault", Component::native("far-sink").input("fan"))
        .build()
        .unwrap();
    let runner = Runner::builder(registry).store(Arc::clone(store)).build();
    let report = runner.start(&spec).unwrap().wait().await;
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.error);
}

#[tokio::test]
async fn a_pipeline_of_components_elsewhere_gives_what_one_here_would_whatever_breaks() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let vault = Vault::new();
    for last in [700_u64, 1_000] {
        let made = vault.clone();
        let source =
            Offer::new("numbers").source(move |_| Ok(Box::new(Numbers::to(last).per_batch(7))));
        let processor = Offer::new("fan").processor(|| Ok(Box::new(Fan::default())));
        let sink = Offer::new("vault").sink(move || Ok(made.sink()));
        let labs = [
            Lab::data(&source).await,
            Lab::data(&processor).await,
            Lab::data(&sink).await,
        ];
        let breaks = [900, 2_500, 7_000, 12_000, 3_000];
        let ways = [
            Breaker::before(labs[0].address, breaks).await,
            Breaker::before(labs[1].address, breaks).await,
            Breaker::before(labs[2].address, breaks).await,
        ];
        run(&store, [&ways[0], &ways[1], &ways[2]]).await;
    }
    // What `Fan` makes of the numbers, by their first digit as ASCII.
    let expected = (1..=1_000_u64).flat_map(|n| {
        let first = n.to_string().as_bytes()[0] % 4;
        std::iter::repeat_n(n, first.into())
    });
    assert_eq!(vault.sequences(), expected.collect::<Vec<_>>());
}
