use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::*;
use crate::{
    ComponentKind, Event, Outcome, Payload, PipelineSpec, Registry, RunId, Runner, adapt,
    component::ComponentError,
    run::Reset,
    spec::Component,
    store::{MemoryStore, Scope, Store},
};

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn record(number: u32, status: RecordStatus) -> RunRecord {
    RunRecord {
        status,
        ..RunRecord::new(
            RunId::from_bits(number.into()),
            "numbers",
            at(number.into()),
        )
    }
}

fn numbers(history: &RunHistory) -> Vec<u64> {
    let records = history.records().into_iter();
    let seconds = records.map(|record| record.started.duration_since(at(0)).unwrap().as_secs());
    seconds.collect()
}

#[tokio::test]
async fn the_newest_runs_are_kept_newest_first_and_those_that_go_on() {
    let scope = Scope::in_memory();
    let history = RunHistory::open_in(scope.clone(), 3).await.unwrap();
    history
        .note(record(1, RecordStatus::Running))
        .await
        .unwrap();
    for number in [5, 2, 4, 3] {
        history
            .note(record(number, RecordStatus::Completed))
            .await
            .unwrap();
    }
    assert_eq!(numbers(&history), [5, 4, 1]);
    // The store has the same.
    assert_eq!(scope.entries().await.unwrap().len(), 3);
    let again = RunHistory::open_in(scope, 3).await.unwrap();
    assert_eq!(numbers(&again), [5, 4, 1]);
}

#[tokio::test]
async fn a_run_whose_end_nobody_saw_is_never_shown_as_going_on() {
    let scope = Scope::in_memory();
    let history = RunHistory::open_in(scope.clone(), 9).await.unwrap();
    history
        .note(record(1, RecordStatus::Running))
        .await
        .unwrap();
    history
        .note(record(2, RecordStatus::Starting))
        .await
        .unwrap();
    history.note(record(3, RecordStatus::Failed)).await.unwrap();
    drop(history);
    for _ in 0..2 {
        let history = RunHistory::open_in(scope.clone(), 9).await.unwrap();
        let statuses: Vec<_> = history.records().iter().map(|one| one.status).collect();
        let lost = RecordStatus::Lost;
        assert_eq!(statuses, [RecordStatus::Failed, lost, lost]);
        assert_eq!(history.records()[1].duration(at(9)), None);
    }
}

fn registry(fails_at: u64) -> Registry {
    let mut registry = Registry::new();
    registry
        .source(ComponentKind::source("count", "counts"), |(): (), _| {
            Ok(adapt::source("numbers", |after| {
                let event = |n: u64| Event::new("number".parse().unwrap(), n, Payload::bytes("x"));
                (after.unwrap_or(0) + 1..=300).map(event)
            }))
        })
        .unwrap();
    registry
        .sink(ComponentKind::sink("take", "takes"), move |(): (), _| {
            Ok(adapt::sink(move |event| match event.sequence() {
                n if n == fails_at => Err(ComponentError::stop("no more")),
                _ => Ok(()),
            }))
        })
        .unwrap();
    registry
}

fn numbers_pipeline() -> PipelineSpec {
    let builder = PipelineSpec::builder("numbers")
        .source("in", Component::native("count"))
        .sink("out", Component::native("take").input("in"));
    builder.build().unwrap()
}

#[tokio::test]
async fn starting_afresh_forgets_no_run() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let spec = numbers_pipeline();
    let open = || RunHistory::open(Arc::clone(&store), &spec.namespace, &spec.name, 9);
    let history = open().await.unwrap();
    let noted = history.note(record(1, RecordStatus::Completed));
    noted.await.unwrap();
    let runner = Runner::builder(registry(0))
        .store(Arc::clone(&store))
        .build();
    runner.start(&spec).unwrap().wait().await;
    let stored = store.scan("").await.unwrap().len();
    assert!(stored > 1, "a checkpoint besides");
    runner.reset(&spec, Reset::State).await.unwrap();
    assert_eq!(store.scan("").await.unwrap().len(), 1);
    assert_eq!(numbers(&open().await.unwrap()), [1]);
}

async fn followed(fails_at: u64) -> (Outcome, RunRecord) {
    let spec = numbers_pipeline();
    let store = Arc::new(MemoryStore::new());
    let history = RunHistory::open(store, &spec.namespace, &spec.name, RunHistory::KEPT);
    let history = history.await.unwrap();
    let run = Runner::builder(registry(fails_at))
        .build()
        .start(&spec)
        .unwrap();
    let control = run.control();
    let (report, noted) = tokio::join!(run.wait(), history.follow(&control));
    noted.unwrap();
    let records = history.records();
    assert_eq!(records.len(), 1);
    (report.outcome, records[0].clone())
}

#[tokio::test]
async fn a_run_that_is_followed_leaves_its_counts() {
    let (outcome, record) = followed(0).await;
    assert_eq!(outcome, Outcome::Completed);
    assert_eq!(record.status, RecordStatus::Completed);
    assert_eq!((record.events_in, record.events_out), (300, 300));
    let ids: Vec<_> = record
        .components
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids, ["in", "out"]);
    assert!(record.ended >= Some(record.started));
    assert_eq!(
        (record.pipeline.as_str(), record.namespace.as_str()),
        ("numbers", "default")
    );
    assert_eq!(record.error, None);
}

#[tokio::test]
async fn a_run_that_fails_leaves_its_error() {
    let (outcome, record) = followed(200).await;
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(record.status, RecordStatus::Failed);
    assert!(record.error.unwrap().contains("no more"));
}
