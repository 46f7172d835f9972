use flowctl_core::component::{Cancellation, ComponentError};

use crate::{format::RawLedger, simulated::SimulatedNetwork};

/// How many ledgers are passed over between two looks at whether it is still wanted.
const STEP: u32 = 256;

/// The ledgers of a network from one on, for a thread that may block.
pub(super) struct Simulation {
    pub(super) network: SimulatedNetwork,
    pub(super) start: u32,
    pub(super) end: Option<u32>,
    /// Ends it while it passes over ledgers.
    pub(super) cancellation: Cancellation,
}

impl Iterator for Simulation {
    type Item = Result<RawLedger, ComponentError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.network.next_sequence() < self.start {
            if self.cancellation.is_cancelled() {
                return None;
            }
            let step = self.network.next_sequence().saturating_add(STEP);
            self.network.skip_to(step.min(self.start));
        }
        if self
            .end
            .is_some_and(|end| self.network.next_sequence() > end)
        {
            return None;
        }
        let ledger = self.network.next()?;
        Some(RawLedger::new(ledger.bytes).map_err(|error| {
            ComponentError::stop("the simulated network made a ledger that is not valid")
                .caused_by(error)
        }))
    }
}
