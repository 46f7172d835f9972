use stellar_xdr::{
    ExtensionPoint, LedgerEntryChange, LedgerEntryChanges, OperationMeta, OperationMetaV2, ScVal,
    SorobanTransactionMeta, SorobanTransactionMetaExt, SorobanTransactionMetaV2, TransactionEvent,
    TransactionEventStage, TransactionMeta, TransactionMetaV2, TransactionMetaV3,
    TransactionMetaV4,
};

use super::{
    applied::{AppliedTransaction, FIRST_PROTOCOL_WITH_LATE_REFUNDS},
    emitter::Emitter,
    encoding::list,
};

/// The form of `TransactionMeta` that a ledger has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetaForm {
    V2,
    V3,
    V4,
}

impl MetaForm {
    pub(super) const fn of(protocol: u32, unified: bool) -> Self {
        match protocol {
            _ if unified => Self::V4,
            0..20 => Self::V2,
            20..23 => Self::V3,
            _ => Self::V4,
        }
    }

    /// What a transaction did, in this form.
    pub(super) fn write(
        self,
        applied: &mut AppliedTransaction,
        emitter: &Emitter,
        protocol: u32,
    ) -> TransactionMeta {
        let before = changes(std::mem::take(&mut applied.changes_before));
        let after = if protocol < FIRST_PROTOCOL_WITH_LATE_REFUNDS {
            changes(std::mem::take(&mut applied.refund_changes))
        } else {
            changes(Vec::new())
        };
        let called = applied.is_contract_call && !applied.operations.is_empty();
        let operations = std::mem::take(&mut applied.operations);
        match self {
            Self::V2 => TransactionMeta::V2(TransactionMetaV2 {
                tx_changes_before: before,
                operations: list(
                    operations
                        .into_iter()
                        .map(|operation| OperationMeta {
                            changes: changes(operation.changes),
                        })
                        .collect(),
                ),
                tx_changes_after: after,
            }),
            Self::V3 => {
                let (mut metas, mut events) = (Vec::new(), Vec::new());
                for mut operation in operations {
                    events.append(&mut operation.events);
                    metas.push(OperationMeta {
                        changes: changes(operation.changes),
                    });
                }
                TransactionMeta::V3(TransactionMetaV3 {
                    ext: ExtensionPoint::V0,
                    tx_changes_before: before,
                    operations: list(metas),
                    tx_changes_after: after,
                    soroban_meta: applied.is_contract_call.then(|| SorobanTransactionMeta {
                        ext: SorobanTransactionMetaExt::V0,
                        events: list(events),
                        return_value: ScVal::Void,
                        diagnostic_events: list(Vec::new()),
                    }),
                })
            }
            Self::V4 => TransactionMeta::V4(TransactionMetaV4 {
                ext: ExtensionPoint::V0,
                tx_changes_before: before,
                operations: list(
                    operations
                        .into_iter()
                        .map(|operation| OperationMetaV2 {
                            ext: ExtensionPoint::V0,
                            changes: changes(operation.changes),
                            events: list(operation.events),
                        })
                        .collect(),
                ),
                tx_changes_after: after,
                soroban_meta: applied.is_contract_call.then(|| SorobanTransactionMetaV2 {
                    ext: SorobanTransactionMetaExt::V0,
                    return_value: called.then_some(ScVal::Void),
                }),
                events: list(fee_events(applied, emitter, protocol)),
                diagnostic_events: list(Vec::new()),
            }),
        }
    }
}

/// The fee before all transactions; its refund after the transaction, or after all of them.
fn fee_events(
    applied: &AppliedTransaction,
    emitter: &Emitter,
    protocol: u32,
) -> Vec<TransactionEvent> {
    if !emitter.is_unified() {
        return Vec::new();
    }
    let mut events = vec![TransactionEvent {
        stage: TransactionEventStage::BeforeAllTxs,
        event: emitter.fee_event(&applied.payer, applied.charged),
    }];
    if applied.refund != 0 {
        let stage = if protocol < FIRST_PROTOCOL_WITH_LATE_REFUNDS {
            TransactionEventStage::AfterTx
        } else {
            TransactionEventStage::AfterAllTxs
        };
        events.push(TransactionEvent {
            stage,
            event: emitter.fee_event(&applied.payer, -applied.refund),
        });
    }
    events
}

pub(super) fn changes(changes: Vec<LedgerEntryChange>) -> LedgerEntryChanges {
    LedgerEntryChanges(list(changes))
}
