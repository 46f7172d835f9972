use super::{TransactionError, emitter::Place};
use crate::{
    Network,
    ledger::{AppliedTransaction, EnvelopeView, Envelopes, LedgerHeader, MetaView},
};

/// A transaction with all that its events are derived from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transaction<'a> {
    pub(super) protocol: u32,
    pub(super) applied: AppliedTransaction<'a>,
    pub(super) envelope: EnvelopeView<'a>,
    pub(super) meta: MetaView<'a>,
}

impl<'a> Transaction<'a> {
    /// Joins what was applied with what was asked for.
    pub(super) fn join(
        header: &LedgerHeader,
        applied: AppliedTransaction<'a>,
        envelopes: &Envelopes<'a>,
        network: &Network,
    ) -> Result<Self, TransactionError> {
        let envelope = envelopes
            .get(applied.hash)
            .ok_or_else(|| TransactionError::NoEnvelope {
                passphrase: network.passphrase().to_owned(),
            })?;
        let meta = MetaView::of(applied.meta);
        if meta.version == 0 {
            return Err(TransactionError::UnsupportedMeta {
                needed: "V1 to V4",
                found: 0,
            });
        }
        if header.protocol < 10 && meta.version < 2 && !applied.fee_changes.0.is_empty() {
            return Err(TransactionError::OutdatedMeta);
        }
        let envelope = EnvelopeView::of(envelope);
        Ok(Self {
            protocol: header.protocol,
            applied,
            envelope,
            meta,
        })
    }
}

/// Where the fee events of a transaction belong.
pub(super) const fn place(header: &LedgerHeader, applied: &AppliedTransaction<'_>) -> Place {
    Place {
        ledger_sequence: header.sequence,
        closed_at_seconds: header.close_time_seconds,
        tx_hash: applied.hash,
        transaction_index: applied.index,
        operation_index: None,
    }
}
