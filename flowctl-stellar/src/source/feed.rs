use flowctl_core::{
    EventType,
    component::{ComponentError, Next},
    event::SourceBatch,
};
use tokio::{sync::mpsc, task};

use super::{Chunk, LedgerChecks};
use crate::format::RawLedger;

/// How many batches may wait to be asked for. With at most 1 MiB and one ledger in each this bounds
/// what a source holds.
const WAITING: usize = 2;

/// Ledgers that a blocking thread makes and checks, batch by batch, ahead of who asks for them.
///
/// Dropping it ends the thread at its next batch.
#[derive(Debug)]
pub(crate) struct Feed {
    batches: mpsc::Receiver<Said>,
}

/// A batch, or nothing at the end.
type Said = Result<Option<SourceBatch>, ComponentError>;

impl Feed {
    /// As many ledgers make one batch: enough to pay its costs once for several small ledgers, few
    /// enough that a reader gets them soon and memory stays small.
    pub(crate) const MAX_LEDGERS: usize = 64;

    /// A feed of `ledgers` as events of `event_type`, at most `max_ledgers` in a batch.
    ///
    /// The iterator runs on a thread that may block. `finish` is called after its last ledger.
    pub(super) fn start<I>(
        event_type: EventType,
        ledgers: I,
        mut checks: LedgerChecks,
        max_ledgers: usize,
        finish: impl FnOnce(&LedgerChecks) -> Result<(), ComponentError> + Send + 'static,
    ) -> Self
    where
        I: Iterator<Item = Result<RawLedger, ComponentError>> + Send + 'static,
    {
        let (to, batches) = mpsc::channel(WAITING);
        task::spawn_blocking(move || {
            let ended = match send_all(
                ledgers,
                &mut checks,
                Chunk::new(event_type, max_ledgers),
                &to,
            ) {
                Ok(()) => finish(&checks).map(|()| None),
                Err(Unsent::Failed(error)) => Err(error),
                Err(Unsent::Closed) => return,
            };
            // Nobody may be listening any more; then nobody needs to know.
            let _ = to.blocking_send(ended);
        });
        Self { batches }
    }

    /// The next batch, or the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Next, ComponentError> {
        match self.batches.recv().await {
            Some(Ok(Some(batch))) => Ok(Next::Batch(batch)),
            Some(Ok(None)) => Ok(Next::End),
            Some(Err(error)) => Err(error),
            None => Err(ComponentError::new(
                "the thread that reads ledgers has ended",
            )),
        }
    }
}

/// Why not all ledgers were sent.
enum Unsent {
    Failed(ComponentError),
    Closed,
}

/// Sends all ledgers in batches. What is good is sent before an error is told.
fn send_all(
    ledgers: impl Iterator<Item = Result<RawLedger, ComponentError>>,
    checks: &mut LedgerChecks,
    mut chunk: Chunk,
    to: &mpsc::Sender<Said>,
) -> Result<(), Unsent> {
    let send = |chunk: &mut Chunk| match chunk.take() {
        Some(batch) => to
            .blocking_send(Ok(Some(batch)))
            .map_err(|_| Unsent::Closed),
        None => Ok(()),
    };
    for ledger in ledgers {
        match ledger.and_then(|ledger| checks.admit(&ledger).map(|()| ledger)) {
            Ok(ledger) => {
                if chunk.push(ledger) {
                    send(&mut chunk)?;
                }
            }
            Err(error) => {
                send(&mut chunk)?;
                return Err(Unsent::Failed(error));
            }
        }
    }
    send(&mut chunk)
}
