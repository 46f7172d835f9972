use std::collections::BTreeMap;

use super::step::Rejected;
use crate::{
    ComponentError, ComponentId, Path,
    event::{Batch, Event},
    store::{Scope, StoreError},
};

/// What a sink rejected and is not yet known to have arrived as a dead letter.
///
/// A sink's position passes what it rejected as soon as it writes what follows, and the letter can
/// only be sent after. So the rejection is noted in the state first: should the run end in between,
/// the next one makes the letter again when the batch comes by, though the sink has it already.
#[derive(Debug)]
pub(super) struct Notes {
    scope: Scope,
    known: BTreeMap<(String, u64, String), String>,
}

impl Notes {
    /// The notes in `scope`, without those that the checkpoints `passed` cover.
    pub(super) async fn load(
        scope: Scope,
        passed: &BTreeMap<ComponentId, u64>,
    ) -> Result<Self, StoreError> {
        let mut known = BTreeMap::new();
        for (name, reason) in scope.entries().await? {
            let Some((source, sequence, path)) = parse(&name) else {
                continue;
            };
            if passed.get(source).is_some_and(|passed| sequence <= *passed) {
                scope.remove(&name).await?;
                continue;
            }
            let reason = String::from_utf8_lossy(&reason).into_owned();
            known.insert((source.to_owned(), sequence, path.to_owned()), reason);
        }
        Ok(Self { scope, known })
    }

    /// Notes rejected events of a batch, durably.
    pub(super) async fn add(
        &mut self,
        batch: &Batch,
        rejected: &[Rejected],
    ) -> Result<(), ComponentError> {
        for Rejected { event, reason } in rejected {
            let (source, sequence, path) = key(batch, event);
            let name = format!("{source}/{sequence}/{path}");
            self.scope
                .put(&name, reason.clone())
                .await
                .map_err(|error| {
                    ComponentError::stop("a rejected event cannot be noted").caused_by(error)
                })?;
            self.known.insert((source, sequence, path), reason.clone());
        }
        Ok(())
    }

    /// The events of a batch that were rejected before.
    pub(super) fn of(&self, batch: &Batch) -> Vec<Rejected> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let noted = |event: &Event| {
            let reason = self.known.get(&key(batch, event))?.clone();
            let event = event.clone();
            Some(Rejected { event, reason })
        };
        batch.events().iter().filter_map(noted).collect()
    }
}

fn key(batch: &Batch, event: &Event) -> (String, u64, String) {
    let path: &Path = event.path();
    (
        batch.source().to_string(),
        event.sequence(),
        path.to_string(),
    )
}

fn parse(name: &str) -> Option<(&str, u64, &str)> {
    let (source, rest) = name.split_once('/')?;
    let (sequence, path) = rest.split_once('/')?;
    Some((source, sequence.parse().ok()?, path))
}
