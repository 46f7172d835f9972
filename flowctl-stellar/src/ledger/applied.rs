use stellar_xdr::{
    InnerTransactionResultResult, LedgerCloseMeta, LedgerEntryChanges, OperationResult,
    OperationResultTr, TransactionMeta, TransactionResultPair, TransactionResultResult,
};

use crate::Hash;

/// A transaction as it was applied: its place, its result and its effects, but not what it asked for
/// (see [`Envelopes`](super::Envelopes)).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AppliedTransaction<'a> {
    /// Its place in the ledger, from 1, as in SEP-35.
    pub index: u32,
    /// Its hash.
    pub hash: Hash,
    /// Its result.
    pub result: &'a TransactionResultPair,
    /// The changes of taking its fee.
    pub fee_changes: &'a LedgerEntryChanges,
    /// What it did.
    pub meta: &'a TransactionMeta,
    /// The changes of refunding a part of its fee after all transactions (protocol 23 and later).
    pub refund_changes: Option<&'a LedgerEntryChanges>,
}

impl<'a> AppliedTransaction<'a> {
    /// The results of its operations if it succeeded, those of the inner transaction for a fee bump.
    #[must_use]
    pub fn successful_operations(&self) -> Option<&'a [OperationResult]> {
        match &self.result.result.result {
            result @ (TransactionResultResult::TxSuccess(_)
            | TransactionResultResult::TxFeeBumpInnerSuccess(_)) => Some(operation_results(result)),
            _ => None,
        }
    }

    /// Whether core failed to apply it. Up to protocol 12 the meta of its operations then says what
    /// did not happen.
    pub(crate) const fn internal_error(&self) -> bool {
        matches!(
            self.result.result.result,
            TransactionResultResult::TxInternalError
        )
    }
}

/// The results of a transaction's operations, successful or not, those of the inner transaction for a
/// fee bump. None if it failed before its operations.
pub(crate) fn operation_results(result: &TransactionResultResult) -> &[OperationResult] {
    match result {
        TransactionResultResult::TxSuccess(operations)
        | TransactionResultResult::TxFailed(operations) => operations,
        TransactionResultResult::TxFeeBumpInnerSuccess(inner)
        | TransactionResultResult::TxFeeBumpInnerFailed(inner) => match &inner.result.result {
            InnerTransactionResultResult::TxSuccess(operations)
            | InnerTransactionResultResult::TxFailed(operations) => operations,
            _ => &[],
        },
        _ => &[],
    }
}

/// Whether the result is that of an operation which no smart-contract transaction has.
pub(crate) const fn is_classic(result: &OperationResult) -> bool {
    match result {
        OperationResult::OpInner(result) => !matches!(
            result,
            OperationResultTr::InvokeHostFunction(_)
                | OperationResultTr::ExtendFootprintTtl(_)
                | OperationResultTr::RestoreFootprint(_)
        ),
        _ => false,
    }
}

/// The transactions of a ledger, in the order they were applied.
pub fn applied_transactions(
    ledger: &LedgerCloseMeta,
) -> impl Iterator<Item = AppliedTransaction<'_>> {
    let (old, new) = match ledger {
        LedgerCloseMeta::V0(ledger) => (ledger.tx_processing.as_slice(), [].as_slice()),
        LedgerCloseMeta::V1(ledger) => (ledger.tx_processing.as_slice(), [].as_slice()),
        LedgerCloseMeta::V2(ledger) => ([].as_slice(), ledger.tx_processing.as_slice()),
    };
    let old = old.iter().map(|applied| {
        (
            &applied.result,
            &applied.fee_processing,
            &applied.tx_apply_processing,
            None,
        )
    });
    let new = new.iter().map(|applied| {
        let refund = Some(&applied.post_tx_apply_fee_processing);
        (
            &applied.result,
            &applied.fee_processing,
            &applied.tx_apply_processing,
            refund,
        )
    });
    (1..)
        .zip(old.chain(new))
        .map(|(index, (result, fee_changes, meta, refund_changes))| {
            let hash = Hash::from(&result.transaction_hash);
            AppliedTransaction {
                index,
                hash,
                result,
                fee_changes,
                meta,
                refund_changes,
            }
        })
}
