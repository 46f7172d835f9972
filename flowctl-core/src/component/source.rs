use async_trait::async_trait;

use super::ComponentError;
use crate::event::{Position, SourceBatch};

/// Where the records of a pipeline come from.
///
/// The runner calls `identify`, then `open`, then `next` until it answers [`Next::End`] or the run
/// drains, with `acknowledged` in between, then `close`; all from one task, never two at once.
///
/// # Contract
///
/// * **S1** Sequences rise strictly and name the same record on every replay. A source that hands out
///   what somebody else made of one record (a processor that runs elsewhere) gives these events the
///   record's sequence, rising paths, and one batch.
/// * **S2** After `open` with [`Resume::after`] set, the first record is the one that follows that
///   position. Nothing between is left out.
/// * **S3** `next` waits until there is something to say. It is cancel safe: a call that is dropped
///   before it answers loses no record. Work in progress belongs in `self`, not in the future.
/// * **S4** [`Next::Idle`] says that the source has caught up with its origin. It is said once, then
///   the following `next` waits. The runner refuses a source that says it twice in a row.
/// * **S5** `acknowledged` means that everything up to the position is durable in every sink and in
///   the checkpoint. Positions only rise; the first of a generation may be the one it resumed at. A source that
///   must tell its origin does it here.
/// * **S6** An error from `next` ends this generation unless it is
///   [`Disposition::Retry`](super::Disposition::Retry); `next` is then called again after a pause.
#[async_trait]
#[diagnostic::on_unimplemented(
    note = "implement `flowctl_core::Source` with `#[async_trait]`, or adapt a closure with `flowctl_core::adapt::source`"
)]
pub trait Source: Send {
    /// Says what this source is, before anything is opened.
    ///
    /// May talk to the origin. The fingerprint guards checkpoints: a stored position is only ever
    /// given back to a source with the same fingerprint.
    ///
    /// # Errors
    ///
    /// When the origin cannot be reached or is not what the configuration says.
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError>;

    /// Prepares to hand out records from the given place on. May be dropped when the run is stopped while
    /// it starts.
    ///
    /// # Errors
    ///
    /// When the place cannot be reached, for example because the origin no longer holds it.
    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError>;

    /// The next records, or that there are none for now, or none ever.
    ///
    /// # Errors
    ///
    /// See S6.
    async fn next(&mut self) -> Result<Next, ComponentError>;

    /// Everything up to `position` is durable. The default does nothing.
    ///
    /// # Errors
    ///
    /// When the origin could not be told; ends this generation, and the position is told again in
    /// the next.
    async fn acknowledged(&mut self, position: &Position) -> Result<(), ComponentError> {
        let _ = position;
        Ok(())
    }

    /// The newest sequence of the origin, when that is cheap to know. Used for lag only.
    fn tip(&self) -> Option<u64> {
        None
    }

    /// Lets go of what is held. Called once, also after an error. The default does nothing.
    ///
    /// # Errors
    ///
    /// Reported; the run has ended by then.
    async fn close(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }
}

/// What a source says of itself before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceIdentity {
    /// What makes the records what they are, for example the network and the place they are read
    /// from. Stored with every checkpoint and compared on resume.
    pub fingerprint: String,
    /// Whether `open` can start after any sequence without a cursor. A source that cannot can only
    /// resume at its checkpoint, never earlier for a sink that has fallen behind it.
    pub rewinds: bool,
}

impl SourceIdentity {
    /// A source with this fingerprint that can be opened after any sequence.
    #[must_use]
    pub fn new(fingerprint: impl Into<String>) -> Self {
        Self {
            fingerprint: fingerprint.into(),
            rewinds: true,
        }
    }

    /// The same source, with positions that only a cursor can bring back.
    #[must_use]
    pub fn without_rewind(mut self) -> Self {
        self.rewinds = false;
        self
    }
}

/// Where a source is to begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resume {
    /// Begin with the record after this position; `None`: where the configuration says.
    pub after: Option<Position>,
}

impl Resume {
    /// Begin after `position`.
    #[must_use]
    pub const fn after(position: Position) -> Self {
        Self {
            after: Some(position),
        }
    }
}

/// What a source answers when it is asked for more.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Next {
    /// Records.
    Batch(SourceBatch),
    /// Caught up: nothing for now.
    Idle,
    /// Nothing will ever follow; the configured end is reached.
    End,
}
