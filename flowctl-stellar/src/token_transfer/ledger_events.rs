use super::{Origin, Rejections, TokenTransferEvent};
use crate::ledger::LedgerHeader;

/// The token-transfer events of one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerEvents {
    /// The ledger's header, whose hash was checked.
    pub header: LedgerHeader,
    /// Where the events came from.
    pub origin: Origin,
    /// First the fees of all transactions; then the events of each transaction's operations; refunds
    /// after their transaction's operations before protocol 23, and after everything since then.
    pub events: Vec<TokenTransferEvent>,
    /// Contract events that claim to be token events and are none. They are not in `events`.
    pub rejected: Rejections,
}

/// The events of a ledger while they are collected, in the lists that make up their order.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) fees: Vec<TokenTransferEvent>,
    pub(super) operations: Vec<TokenTransferEvent>,
    pub(super) late_refunds: Vec<TokenTransferEvent>,
    pub(super) rejected: Rejections,
}

impl Collected {
    pub(super) fn finish(mut self) -> (Vec<TokenTransferEvent>, Rejections) {
        let mut events = self.fees;
        events.reserve_exact(self.operations.len() + self.late_refunds.len());
        events.append(&mut self.operations);
        events.append(&mut self.late_refunds);
        (events, self.rejected)
    }
}
