use std::{any::Any, fmt, sync::Arc};

use flowctl_core::{
    Cancellation, Codecs,
    component::{ComponentError, Processor, Source},
};

use crate::{Network, source::LedgerRange};

/// Makes the components that answer one call.
pub trait EventChain: Send + Sync + 'static {
    /// A source of `stellar.ledger` events of these ledgers. It may connect to its origin again by
    /// itself; an error that may pass is tried again.
    ///
    /// # Errors
    ///
    /// When there is no such source.
    fn source(&self, range: LedgerRange) -> Result<Box<dyn Source>, ComponentError>;

    /// A processor that turns them into `token.transfer` events, in their order.
    ///
    /// # Errors
    ///
    /// When there is no such processor.
    fn processor(&self) -> Result<Box<dyn Processor>, ComponentError>;
}

/// Follows what a server does. Every method has a default that does nothing.
pub trait Watch: Send + Sync + 'static {
    /// A stream begins. What is returned is dropped when it ends.
    fn began(&self) -> Box<dyn Any + Send> {
        Box::new(())
    }

    /// The events of a ledger were handed out: how many, and their bytes. Readers each have their own.
    fn ledger(&self, sequence: u32, events: u64, bytes: u64) {
        let _ = (sequence, events, bytes);
    }

    /// A stream ended in an error.
    fn failed(&self) {}
}

/// Serves the `EventService`: token-transfer events that are derived from ledgers.
///
/// Every call has a source and a processor of its own, so readers do not wait for each other, and each
/// begins where it says.
///
/// | asked for | given |
/// |---|---|
/// | `start_ledger` 0 | from where the source begins by itself |
/// | `start_ledger` 1 | from ledger 2: no source has ledger 1, the genesis |
/// | `end_ledger` 0 | no end |
/// | `end_ledger` at or above `start_ledger` | up to it, inclusive; the stream ends with it and waits for no later one |
/// | `end_ledger` below `start_ledger` | `INVALID_ARGUMENT`: the Go processor ends at once where its contract says that there is no end, so neither can be meant safely |
///
/// A stream ends with `OK` only when its range is complete. Otherwise, with the texts of the Go processor:
/// `INTERNAL` where the source or the derivation fails, `FAILED_PRECONDITION` where trying again is of no
/// use, `UNAVAILABLE` where the source ends early or the server drains, which it does between two ledgers.
#[derive(Clone)]
pub struct EventServer(pub(super) Arc<Parts>);

pub(super) struct Parts {
    pub(super) chain: Box<dyn EventChain>,
    pub(super) network: Network,
    pub(super) codecs: Codecs,
    pub(super) drain: Cancellation,
    pub(super) watch: Box<dyn Watch>,
}

struct Nobody;

impl Watch for Nobody {}

impl EventServer {
    /// Serves what `chain` makes, of this network, until `drain` is given.
    #[must_use]
    pub fn new(chain: impl EventChain, network: Network, drain: Cancellation) -> Self {
        Self(Arc::new(Parts {
            chain: Box::new(chain),
            network,
            codecs: Codecs::default(),
            drain,
            watch: Box::new(Nobody),
        }))
    }

    /// Followed by `watch`. To be called before the server is cloned; later it has no effect.
    #[must_use]
    pub fn watch(mut self, watch: impl Watch) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            parts.watch = Box::new(watch);
        }
        self
    }
}

impl fmt::Debug for EventServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventServer")
            .field("network", &self.0.network)
            .field("draining", &self.0.drain.is_cancelled())
            .finish_non_exhaustive()
    }
}
