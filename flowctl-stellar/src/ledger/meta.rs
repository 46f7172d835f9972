use stellar_xdr::{
    ContractEvent, LedgerEntryChanges, OperationMeta, OperationMetaV2, TransactionEvent,
    TransactionMeta,
};

/// What a transaction did, whichever version of `TransactionMeta` says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetaView<'a> {
    /// The version, 0 to 4.
    pub(crate) version: u32,
    /// Changes before the operations; `None` where the version has no place for them.
    pub(crate) before: Option<&'a LedgerEntryChanges>,
    /// Changes after the operations; Soroban refunds before protocol 23.
    pub(crate) after: Option<&'a LedgerEntryChanges>,
    operations: Operations<'a>,
    soroban_events: &'a [ContractEvent],
    /// Events of the transaction as a whole: fees. Only V4 has them.
    pub(crate) events: &'a [TransactionEvent],
}

#[derive(Debug, Clone, Copy)]
enum Operations<'a> {
    V1(&'a [OperationMeta]),
    V2(&'a [OperationMetaV2]),
}

impl<'a> MetaView<'a> {
    pub(crate) fn of(meta: &'a TransactionMeta) -> Self {
        let empty = Self {
            version: 0,
            before: None,
            after: None,
            operations: Operations::V1(&[]),
            soroban_events: &[],
            events: &[],
        };
        match meta {
            TransactionMeta::V0(operations) => Self {
                operations: Operations::V1(operations),
                ..empty
            },
            TransactionMeta::V1(meta) => Self {
                version: 1,
                before: Some(&meta.tx_changes),
                operations: Operations::V1(&meta.operations),
                ..empty
            },
            TransactionMeta::V2(meta) => Self {
                version: 2,
                before: Some(&meta.tx_changes_before),
                after: Some(&meta.tx_changes_after),
                operations: Operations::V1(&meta.operations),
                ..empty
            },
            TransactionMeta::V3(meta) => Self {
                version: 3,
                before: Some(&meta.tx_changes_before),
                after: Some(&meta.tx_changes_after),
                operations: Operations::V1(&meta.operations),
                soroban_events: meta
                    .soroban_meta
                    .as_ref()
                    .map_or(&[], |soroban| &soroban.events),
                ..empty
            },
            TransactionMeta::V4(meta) => Self {
                version: 4,
                before: Some(&meta.tx_changes_before),
                after: Some(&meta.tx_changes_after),
                operations: Operations::V2(&meta.operations),
                events: &meta.events,
                ..empty
            },
        }
    }

    /// How many operations the meta speaks of: none for a failed transaction.
    pub(crate) const fn operation_count(&self) -> usize {
        match self.operations {
            Operations::V1(operations) => operations.len(),
            Operations::V2(operations) => operations.len(),
        }
    }

    /// The changes of the operation with this index from 0.
    pub(crate) fn operation_changes(&self, index: usize) -> Option<&'a LedgerEntryChanges> {
        match self.operations {
            Operations::V1(operations) => operations.get(index).map(|meta| &meta.changes),
            Operations::V2(operations) => operations.get(index).map(|meta| &meta.changes),
        }
    }

    /// The contract events of the operation with this index from 0. V3 has one list for the
    /// transaction, whose single operation is the smart-contract one.
    pub(crate) fn operation_events(&self, index: usize) -> &'a [ContractEvent] {
        match self.operations {
            Operations::V1(_) => self.soroban_events,
            Operations::V2(operations) => operations.get(index).map_or(&[], |meta| &meta.events),
        }
    }
}
