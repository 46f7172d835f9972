use std::collections::BTreeMap;

use flowctl_core::{
    ComponentId,
    component::{ComponentError, Held, OpenSink},
    event::{Batch, Event},
};
use serde::{Deserialize, Serialize};

/// How far a sink is complete, per source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Positions(BTreeMap<ComponentId, SourcePosition>);

/// How far it is complete of one source, and which source that was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourcePosition {
    /// What the source said it is.
    pub(super) fingerprint: String,
    /// The highest sequence up to which everything is here.
    pub(super) through: u64,
}

impl Positions {
    pub(super) fn insert(&mut self, source: ComponentId, position: SourcePosition) {
        self.0.insert(source, position);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ComponentId, &SourcePosition)> {
        self.0.iter()
    }

    /// Refuses data that another source wrote under the same name. `what` names the data.
    pub(super) fn check(&self, what: &str, open: &OpenSink) -> Result<(), ComponentError> {
        for (source, fingerprint) in &open.sources {
            let Some(stored) = self.0.get(source) else {
                continue;
            };
            if stored.fingerprint != *fingerprint {
                return Err(ComponentError::stop(format!(
                    "{what} holds what the source `{source}` wrote as `{}`, but it is `{fingerprint}` now",
                    stored.fingerprint
                ))
                .help("give the sink another path, or remove what it holds (`--fresh=sinks`)"));
            }
        }
        Ok(())
    }

    /// What [`Sink::open`](flowctl_core::Sink::open) answers.
    pub(super) fn held(&self) -> Held {
        let through = |(source, position): (&ComponentId, &SourcePosition)| {
            (source.clone(), position.through)
        };
        Held::Positions(self.0.iter().map(through).collect())
    }

    /// The events of a batch that are not here yet.
    pub(super) fn new_events<'b>(
        &self,
        batch: &'b Batch,
    ) -> impl Iterator<Item = &'b Event> + use<'b> {
        let held = self.0.get(batch.source()).map(|position| position.through);
        let is_new = move |event: &&Event| held.is_none_or(|through| event.sequence() > through);
        batch.events().iter().filter(is_new)
    }

    /// Moves on to the end of a batch. Never moves back.
    pub(super) fn advance(&mut self, batch: &Batch, open: &OpenSink) {
        let through = batch.through();
        match self.0.get_mut(batch.source()) {
            Some(position) => position.through = position.through.max(through),
            None => {
                let fingerprint = open
                    .sources
                    .get(batch.source())
                    .cloned()
                    .unwrap_or_default();
                let position = SourcePosition {
                    fingerprint,
                    through,
                };
                self.0.insert(batch.source().clone(), position);
            }
        }
    }
}
