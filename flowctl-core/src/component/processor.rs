use async_trait::async_trait;

use super::{ComponentError, Output};
use crate::event::Batch;

/// A step that turns events into other events.
///
/// # Contract
///
/// * **P1** Everything that follows from a batch is in the [`Output`] of its call. Nothing is held
///   back for a later call: what a processor keeps to itself is lost in a crash, and acknowledged.
/// * **P2** The call may be made again with the same batch, after an error or after a crash, and
///   then gives the same output. A processor that cannot promise this is registered as
///   [non-deterministic](crate::ComponentKind::non_deterministic), and plans say "at least once".
/// * **P3** A processor that is registered as [stateless](crate::ComponentKind::stateless) gives the
///   same output for a batch whatever it saw before, on any instance: several may run at once.
/// * **P4** A call is not dropped before the grace period of a stop has ended.
/// * **P5** Events leave in the order of the input events that they come from, with the sequences of
///   those: they are input events as they came, or [derived](crate::Event::derive) from them. The
///   runner refuses anything else.
#[async_trait]
#[diagnostic::on_unimplemented(
    note = "implement `flowctl_core::Processor` with `#[async_trait]`, or adapt a closure with `flowctl_core::adapt::map`"
)]
pub trait Processor: Send {
    /// Prepares for the first batch. May be dropped when the run is stopped while it starts. The default
    /// does nothing.
    ///
    /// # Errors
    ///
    /// When the processor cannot work; the run then does not start.
    async fn open(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }

    /// What follows from one batch.
    ///
    /// # Errors
    ///
    /// A [`ComponentError`] says whether to retry, to skip single events, or to stop; what is then
    /// done is the component's failure policy in the spec.
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError>;

    /// Lets go of what is held. Called once, after the last batch. The default does nothing.
    ///
    /// # Errors
    ///
    /// Reported; the run has ended by then.
    async fn close(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }
}
