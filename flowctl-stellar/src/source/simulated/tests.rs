use std::time::Duration;

use flowctl_core::{
    component::{ComponentContext, Next, Resume, Source},
    event::{Position, SourceBatch},
};
use serde_json::json;
use tokio::time::Instant;

use super::{Simulated, SimulatedConfig, pace::Pace};
use crate::simulated::{Options, SimulatedNetwork};

fn config(keys: serde_json::Value) -> Result<SimulatedConfig, String> {
    serde_json::from_value(keys).map_err(|error| error.to_string())
}

fn source(keys: serde_json::Value) -> Simulated {
    let context = ComponentContext::detached("in".parse().unwrap());
    Simulated::new(config(keys).unwrap(), context).unwrap()
}

async fn all(keys: serde_json::Value, resume: Resume) -> Vec<SourceBatch> {
    let mut source = source(keys);
    source.open(resume).await.unwrap();
    let mut batches = Vec::new();
    loop {
        match source.next().await.unwrap() {
            Next::Batch(batch) => batches.push(batch),
            Next::End => return batches,
            other => panic!("{other:?}"),
        }
    }
}

fn bytes(batches: &[SourceBatch]) -> Vec<Vec<u8>> {
    let events = batches.iter().flat_map(|batch| &batch.events);
    events
        .map(|event| event.payload().as_bytes().unwrap().to_vec())
        .collect()
}

#[tokio::test]
async fn the_ledgers_are_those_of_the_generator_and_resume_where_they_were() {
    let keys = json!({ "seed": 7, "end_ledger": 150 });
    let whole = all(keys.clone(), Resume::default()).await;
    let network = SimulatedNetwork::new(Options::with_seed(7)).unwrap();
    let expected: Vec<_> = network
        .take(149)
        .map(|ledger| ledger.bytes.to_vec())
        .collect();
    assert!(bytes(&whole) == expected);
    let resumed = all(keys.clone(), Resume::after(whole[0].through.clone())).await;
    assert!(bytes(&resumed) == bytes(&whole[1..]));
    let rewound = all(keys.clone(), Resume::after(Position::at(100))).await;
    assert!(bytes(&rewound) == expected[99..]);
    assert!(all(keys, Resume::after(Position::at(150))).await.is_empty());
}

#[tokio::test]
async fn other_options_are_another_source() {
    let mut fingerprints = Vec::new();
    for keys in [
        json!({}),
        json!({ "seed": 2 }),
        json!({ "protocol": 20 }),
        json!({ "end_ledger": 9 }),
    ] {
        fingerprints.push(source(keys).identify().await.unwrap().fingerprint);
    }
    assert_eq!(
        fingerprints[0], fingerprints[3],
        "the range is not part of it"
    );
    fingerprints.pop();
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 3);
}

#[tokio::test]
async fn an_interval_gives_a_ledger_at_a_time_with_an_idle_between() {
    let mut source = source(json!({ "interval": "1ms", "end_ledger": 4 }));
    source.open(Resume::default()).await.unwrap();
    let mut said = Vec::new();
    loop {
        match source.next().await.unwrap() {
            Next::Batch(batch) => said.push(batch.events.len()),
            Next::Idle => said.push(0),
            Next::End => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(said, [1, 0, 1, 0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_is_due_an_interval_after_the_one_before() {
    let begin = Instant::now();
    let mut pace = Pace::new(Duration::from_secs(5)).unwrap();
    let mut at = Vec::new();
    for busy in [0, 3, 12, 0] {
        pace.wait().await;
        at.push(begin.elapsed().as_secs());
        pace.handed_out();
        tokio::time::advance(Duration::from_secs(busy)).await;
    }
    assert_eq!(at, [0, 5, 10, 22]);
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_no_ledger() {
    let mut source = source(json!({ "interval": "2ms", "end_ledger": 9 }));
    source.open(Resume::default()).await.unwrap();
    let mut sequences = Vec::new();
    while sequences.len() < 8 {
        let next = tokio::time::timeout(Duration::from_micros(500), source.next()).await;
        match next {
            Ok(Ok(Next::Batch(batch))) => sequences.push(batch.events[0].sequence()),
            Ok(Ok(Next::End)) => break,
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => panic!("{error}"),
        }
    }
    assert_eq!(sequences, (2..10).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_simulated_is_an_error_of_the_configuration() {
    for (keys, word) in [
        (json!({ "start_ledger": 1 }), "first ledger"),
        (json!({ "protocol": 99 }), "99"),
        (json!({ "interval": "5" }), "unit"),
        (json!({ "sede": 5 }), "sede"),
        (json!({ "start_ledger": 9, "end_ledger": 8 }), "below"),
    ] {
        let error = config(keys).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
}
