use std::collections::BTreeMap;

use async_trait::async_trait;

use super::ComponentError;
use crate::{ComponentId, event::Batch};

/// Where events leave the pipeline.
///
/// # Contract
///
/// * **K1** `write` answers `Ok` only when all of the batches are durable: written where they
///   outlive a crash of the process, or, for a sink that stores nothing, handed over.
/// * **K2** Batches arrive in order. Of one source, each batch continues where the one before ended;
///   [`Batch::through`] is how far this sink is complete when the call succeeds, also for a batch
///   with no events.
/// * **K3** A sink that keeps positions stores, with the data and as durably, the highest `through`
///   of every source, and `open` tells them. After a crash at any instant data and positions agree:
///   one transaction, or what is past the position is cut off on `open`. Such a sink never holds an
///   event twice.
/// * **K4** After an error nothing of the call counts as written, and the same batches may come
///   again. A sink that cannot undo a partial write must recognise what it has already.
/// * **K5** A call is not dropped before the grace period of a stop has ended.
#[async_trait]
#[diagnostic::on_unimplemented(
    note = "implement `flowctl_core::Sink` with `#[async_trait]`, or adapt a closure with `flowctl_core::adapt::sink`"
)]
pub trait Sink: Send {
    /// Opens the destination and says what it holds durably. May be dropped when the run is stopped while
    /// it starts.
    ///
    /// # Errors
    ///
    /// When the destination cannot be opened, or holds data that is not of this pipeline.
    async fn open(&mut self, open: &OpenSink) -> Result<Held, ComponentError>;

    /// Makes the batches durable: one or several, as many as were waiting.
    ///
    /// # Errors
    ///
    /// A [`ComponentError`] says whether to retry, to skip single events, or to stop.
    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError>;

    /// Empties the destination: data and positions, as if nothing had ever been written.
    ///
    /// Called instead of the other methods, when a pipeline starts afresh and the user asked for its
    /// sinks to do so too. What is there may be damaged or of another source. The default does
    /// nothing, which is right for a sink that keeps no positions; one that does must implement it.
    ///
    /// # Errors
    ///
    /// When the destination cannot be emptied, or is not one that this sink wrote.
    async fn reset(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }

    /// Lets go of the destination. Called once, after the last write. The default does nothing.
    ///
    /// # Errors
    ///
    /// Reported; the run has ended by then.
    async fn close(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }
}

/// What a sink is told when it is opened.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OpenSink {
    /// The fingerprint of every source whose events can reach this sink.
    ///
    /// A sink that keeps positions stores them beside the positions and refuses to open when a
    /// stored one differs: another source behind the same name would be mixed into its data.
    pub sources: BTreeMap<ComponentId, String>,
}

impl OpenSink {
    /// What a sink behind these sources is told.
    #[must_use]
    pub const fn new(sources: BTreeMap<ComponentId, String>) -> Self {
        Self { sources }
    }
}

/// What a sink holds durably when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held {
    /// The sink keeps no positions: it takes what comes after the checkpoint, and after a crash it
    /// may see some events again.
    Unknown,
    /// The highest `through` per source that is durable here. A source that is absent has written
    /// nothing here yet.
    Positions(BTreeMap<ComponentId, u64>),
}
