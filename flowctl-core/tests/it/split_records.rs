//! Sources that stand for a processor elsewhere: what was made of one record keeps its identity.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flowctl_core::{
    Event, Outcome, Path, Payload, Position, Source,
    component::{ComponentError, Next, Resume, SourceIdentity},
    event::SourceBatch,
    run::RunErrorKind,
    testing::Vault,
};

use crate::lab::Lab;

type Batches = Vec<(&'static [(u64, u32)], u64)>;

/// Hands out batches of `(sequence, index)` and through.
#[derive(Clone)]
struct Split(Arc<Mutex<Batches>>);

#[async_trait]
impl Source for Split {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("split"))
    }

    async fn open(&mut self, _resume: Resume) -> Result<(), ComponentError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let mut batches = self.0.lock().unwrap();
        if batches.is_empty() {
            return Ok(Next::End);
        }
        let (names, through) = batches.remove(0);
        let event = |&(sequence, index): &(u64, u32)| {
            let payload = Payload::bytes(format!("{sequence}/{index}"));
            Event::new("part".parse().unwrap(), sequence, payload)
                .with_path(Path::root().child(index))
        };
        let events = names.iter().map(event).collect();
        Ok(Next::Batch(SourceBatch::new(events, Position::at(through))))
    }
}

fn lab(batches: Batches, vault: &Vault) -> Lab {
    let split = Split(Arc::new(Mutex::new(batches)));
    Lab::new()
        .source("in", move || Box::new(split.clone()))
        .vault("out", &["in"], vault)
}

#[tokio::test]
async fn events_of_one_record_keep_its_sequence_and_their_paths() {
    let vault = Vault::new();
    let batches: Batches = vec![
        (&[(1, 0), (1, 1), (3, 0)], 3),
        (&[], 4),
        (&[(5, 0), (5, 2)], 5),
    ];
    lab(batches, &vault).complete().await;
    assert_eq!(vault.sequences(), [1, 1, 3, 5, 5]);
}

#[tokio::test]
async fn a_record_is_in_one_batch_and_its_paths_rise() {
    let refused: [Batches; 5] = [
        vec![(&[(1, 1), (1, 0)], 1)],
        vec![(&[(1, 0), (1, 0)], 1)],
        vec![(&[(1, 0)], 1), (&[(1, 1)], 1)],
        vec![(&[(1, 0)], 1), (&[(1, 1)], 2)],
        vec![(&[(2, 0), (1, 1)], 2)],
    ];
    for batches in refused {
        let report = lab(batches.clone(), &Vault::new()).run().await;
        assert_eq!(report.outcome, Outcome::Failed, "{batches:?}");
        let error = report.error.unwrap();
        assert!(
            matches!(error.kind(), RunErrorKind::Contract { broken } if broken.starts_with("S1")),
            "{error:?}"
        );
    }
}
