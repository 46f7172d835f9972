use serde::{Deserialize, Serialize};

use crate::{
    ComponentId,
    event::Position,
    store::{Scope, StoreError},
};

/// How far the stream of one source is durable in every sink, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    pub(crate) sequence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<Vec<u8>>,
    pub(crate) fingerprint: String,
    /// The source came to its configured end here.
    #[serde(default)]
    pub(crate) complete: bool,
}

impl Checkpoint {
    pub(crate) fn new(position: &Position, fingerprint: &str, complete: bool) -> Self {
        Self {
            sequence: position.sequence,
            cursor: position.cursor.as_ref().map(|cursor| cursor.to_vec()),
            fingerprint: fingerprint.to_owned(),
            complete,
        }
    }

    pub(crate) fn position(&self) -> Position {
        let position = Position::at(self.sequence);
        match &self.cursor {
            Some(cursor) => position.with_cursor(cursor.clone()),
            None => position,
        }
    }
}

/// The checkpoints in the state of one pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints(pub(crate) Scope);

impl Checkpoints {
    pub(crate) async fn read(
        &self,
        source: &ComponentId,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let Some(bytes) = self.0.read(&name(source)).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| StoreError::failed("read a checkpoint", error))
    }

    pub(crate) async fn write(
        &self,
        source: &ComponentId,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(checkpoint)
            .map_err(|error| StoreError::failed("write a checkpoint", error))?;
        self.0.put(&name(source), bytes).await
    }
}

fn name(source: &ComponentId) -> String {
    format!("checkpoint/{source}")
}
