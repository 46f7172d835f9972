use stellar_xdr::{Operation, OperationResult, OperationResultTr};

use super::super::{OperationError, emitter::Note, transaction::Transaction};
use crate::{
    Address,
    ledger::{EntryChange, entry_changes},
};

/// An operation with all that its events are derived from.
#[derive(Debug, Clone, Copy)]
pub(in crate::token_transfer) struct OperationInput<'a> {
    pub(in crate::token_transfer) transaction: &'a Transaction<'a>,
    /// From 0.
    pub(in crate::token_transfer) index: usize,
    pub(in crate::token_transfer) operation: &'a Operation,
    pub(in crate::token_transfer) result: &'a OperationResult,
}

impl<'a> OperationInput<'a> {
    /// Whose operation it is: the transaction's source unless it names its own.
    pub(super) fn source(&self) -> Address {
        self.operation
            .source_account
            .as_ref()
            .map_or(self.transaction.envelope.source, Into::into)
    }

    /// The note for a movement that the sender addressed.
    pub(super) const fn note(&self) -> Note<'a> {
        Note::Memo(self.transaction.envelope.memo)
    }

    /// The result of the operation itself.
    pub(super) fn inner_result(&self) -> Result<&'a OperationResultTr, OperationError> {
        match self.result {
            OperationResult::OpInner(result) => Ok(result),
            _ => Err(OperationError::Result),
        }
    }

    /// The changed entries; none where the meta does not speak of the operation.
    pub(super) fn changes(
        &self,
    ) -> impl Iterator<Item = Result<EntryChange<'a>, OperationError>> + use<'a> {
        let changes = self.transaction.meta.operation_changes(self.index);
        changes
            .into_iter()
            .flat_map(entry_changes)
            .map(|change| change.map_err(Into::into))
    }
}
