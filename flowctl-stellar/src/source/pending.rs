use std::collections::VecDeque;

use flowctl_core::{EventType, component::ComponentError, event::SourceBatch};

use super::{Chunk, Feed, LedgerChecks};
use crate::format::RawLedger;

/// Ledgers that were read and not handed out yet, in their order.
#[derive(Debug, Default)]
pub(super) struct Pending(VecDeque<RawLedger>);

impl Pending {
    /// Adds ledgers behind those that are there.
    pub(super) fn extend(&mut self, ledgers: impl IntoIterator<Item = RawLedger>) {
        self.0.extend(ledgers);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The next of them as one batch; `None` if there are none. Good ledgers are handed out before one
    /// that is refused.
    pub(super) fn take_batch(
        &mut self,
        checks: &mut LedgerChecks,
        event_type: &EventType,
    ) -> Result<Option<SourceBatch>, ComponentError> {
        let mut chunk = Chunk::new(event_type.clone(), Feed::MAX_LEDGERS);
        while let Some(ledger) = self.0.pop_front() {
            match checks.admit(&ledger) {
                Ok(()) => {
                    if chunk.push(ledger) {
                        break;
                    }
                }
                Err(error) => match chunk.take() {
                    Some(batch) => {
                        self.0.push_front(ledger);
                        return Ok(Some(batch));
                    }
                    None => return Err(error),
                },
            }
        }
        Ok(chunk.take())
    }
}
