use stellar_xdr::{
    AccountId, ContractEvent, Hash, InnerTransactionResult, InnerTransactionResultExt,
    InnerTransactionResultPair, InnerTransactionResultResult, LedgerEntryChange, LedgerEntryData,
    OperationResult, TransactionEnvelope, TransactionResult, TransactionResultExt,
    TransactionResultPair, TransactionResultResult,
};

use super::{
    cast::Cast,
    emitter::Emitter,
    encoding::list,
    operations::{Application, TransactionFacts, succeeded},
    state::{LedgerState, account_key},
    transaction::{PlannedTransaction, SignedTransaction, account_of},
};
use crate::Network;

/// The first protocol whose sequence numbers are used up by the transaction itself, not with its fee
/// (CAP-3's predecessor in stellar-core 10).
const FIRST_PROTOCOL_WITH_LATE_SEQUENCE: u32 = 10;

/// The first protocol in which refunds come after all transactions.
pub(super) const FIRST_PROTOCOL_WITH_LATE_REFUNDS: u32 = 23;

/// The last protocol in which core kept a stale copy of a transaction's source account.
const LAST_PROTOCOL_WITH_STALE_ACCOUNTS: u32 = 7;

/// A transaction with everything it did.
#[derive(Debug, Clone)]
pub(super) struct AppliedTransaction {
    pub(super) envelope: TransactionEnvelope,
    pub(super) result: TransactionResultPair,
    pub(super) payer: AccountId,
    pub(super) is_contract_call: bool,
    /// What was taken before any transaction was applied, in stroops.
    pub(super) charged: i64,
    /// What of it came back.
    pub(super) refund: i64,
    pub(super) fee_changes: Vec<LedgerEntryChange>,
    pub(super) changes_before: Vec<LedgerEntryChange>,
    /// Nothing if the transaction failed.
    pub(super) operations: Vec<OperationEffects>,
    pub(super) refund_changes: Vec<LedgerEntryChange>,
}

/// What an operation did.
#[derive(Debug, Clone)]
pub(super) struct OperationEffects {
    pub(super) changes: Vec<LedgerEntryChange>,
    pub(super) events: Vec<ContractEvent>,
}

impl AppliedTransaction {
    /// Takes the fee of a transaction that will be [applied](Self::apply) later.
    pub(super) fn charge(
        state: &mut LedgerState,
        planned: &PlannedTransaction,
    ) -> Vec<LedgerEntryChange> {
        let fee = planned.fee();
        state.begin();
        state.change_account(&planned.payer(), |account| account.balance -= fee);
        state.totals.fee_pool += fee;
        if state.protocol < FIRST_PROTOCOL_WITH_LATE_SEQUENCE {
            use_sequence(state, planned);
        }
        state.take_changes()
    }

    /// Applies a transaction whose fee was charged.
    pub(super) fn apply(
        state: &mut LedgerState,
        emitter: &mut Emitter,
        network: &Network,
        cast: &Cast,
        planned: &PlannedTransaction,
        fee_changes: Vec<LedgerEntryChange>,
    ) -> Self {
        state.begin();
        if state.protocol >= FIRST_PROTOCOL_WITH_LATE_SEQUENCE {
            use_sequence(state, planned);
        }
        let changes_before = state.take_changes();
        state.begin();
        let (results, operations) = apply_operations(state, emitter, cast, planned);
        let all_succeeded = results.iter().all(succeeded);
        let signed = planned.sign(network);
        let refund = planned.resources.map_or(0, |resources| resources.refund);
        let mut applied = Self {
            result: result(&signed, results, all_succeeded, planned.fee() - refund),
            envelope: signed.envelope,
            payer: planned.payer(),
            is_contract_call: planned.resources.is_some(),
            charged: planned.fee(),
            refund,
            fee_changes,
            changes_before,
            operations: if all_succeeded {
                operations
            } else {
                Vec::new()
            },
            refund_changes: Vec::new(),
        };
        if state.protocol < FIRST_PROTOCOL_WITH_LATE_REFUNDS {
            applied.refund(state);
        }
        applied
    }

    /// Gives back what the transaction paid too much.
    pub(super) fn refund(&mut self, state: &mut LedgerState) {
        if self.refund == 0 {
            return;
        }
        let refund = self.refund;
        state.begin();
        state.change_account(&self.payer, |account| account.balance += refund);
        state.totals.fee_pool -= refund;
        self.refund_changes = state.take_changes();
    }
}

fn use_sequence(state: &mut LedgerState, planned: &PlannedTransaction) {
    let source = account_of(&planned.source);
    state.change_account(&source, |account| account.seq_num.0 = planned.sequence);
}

/// Applies all operations, also those after one that failed: each has a result. If one fails,
/// everything is taken back.
fn apply_operations(
    state: &mut LedgerState,
    emitter: &mut Emitter,
    cast: &Cast,
    planned: &PlannedTransaction,
) -> (Vec<OperationResult>, Vec<OperationEffects>) {
    let transaction_source = account_of(&planned.source);
    let mut stale = StaleAccount::of(state, &transaction_source);
    let (mut results, mut effects) = (Vec::new(), Vec::new());
    for (index, operation) in (0..).zip(&planned.operations) {
        let source = operation.source_account.as_ref().unwrap_or(&planned.source);
        let of_transaction = account_of(source) == transaction_source;
        let drift = if of_transaction {
            stale.restore(state)
        } else {
            0
        };
        let mut application = Application {
            state,
            emitter,
            cast,
            source: source.clone(),
            transaction: TransactionFacts {
                source: &transaction_source,
                sequence: planned.sequence,
                memo: &planned.memo,
            },
            index,
        };
        let result = application.apply(&operation.body);
        if !succeeded(&result) {
            state.undo_changes();
        }
        emitter.drift(&account_of(source), drift);
        if of_transaction {
            stale = StaleAccount::of(state, &transaction_source);
        }
        effects.push(OperationEffects {
            changes: state.take_changes(),
            events: emitter.take(),
        });
        results.push(result);
    }
    if !results.iter().all(succeeded) {
        state.undo();
    }
    (results, effects)
}

/// Before protocol 8, core kept a copy of the transaction's source account and put it back before each
/// operation of that account: what operations of others had done to it in between was lost, so that
/// lumens came into being or went out of it.
///
/// # Source
///
/// stellar-core `TransactionFrame::loadAccount`, the branch for `ledgerVersion < 8`.
#[derive(Debug)]
struct StaleAccount(Option<LedgerEntryData>);

impl StaleAccount {
    fn of(state: &LedgerState, account: &AccountId) -> Self {
        if state.protocol > LAST_PROTOCOL_WITH_STALE_ACCOUNTS {
            return Self(None);
        }
        Self(state.get(&account_key(account)).cloned())
    }

    /// Puts the copy back, and tells how many lumens came into being by that.
    fn restore(&self, state: &mut LedgerState) -> i64 {
        let Some(LedgerEntryData::Account(stale)) = &self.0 else {
            return 0;
        };
        let current = state.account(&stale.account_id).cloned();
        if current.as_ref() == Some(stale) {
            return 0;
        }
        state.put(LedgerEntryData::Account(stale.clone()));
        stale.balance - current.map_or(0, |account| account.balance)
    }
}

fn result(
    signed: &SignedTransaction,
    results: Vec<OperationResult>,
    succeeded: bool,
    fee_charged: i64,
) -> TransactionResultPair {
    let inner = |transaction_hash: &Hash, result| InnerTransactionResultPair {
        transaction_hash: transaction_hash.clone(),
        result: InnerTransactionResult {
            fee_charged: 0,
            result,
            ext: InnerTransactionResultExt::V0,
        },
    };
    let results = list(results);
    let result = match (&signed.inner_hash, succeeded) {
        (None, true) => TransactionResultResult::TxSuccess(results),
        (None, false) => TransactionResultResult::TxFailed(results),
        (Some(hash), true) => {
            let result = InnerTransactionResultResult::TxSuccess(results);
            TransactionResultResult::TxFeeBumpInnerSuccess(inner(hash, result))
        }
        (Some(hash), false) => {
            let result = InnerTransactionResultResult::TxFailed(results);
            TransactionResultResult::TxFeeBumpInnerFailed(inner(hash, result))
        }
    };
    TransactionResultPair {
        transaction_hash: signed.hash.clone(),
        result: TransactionResult {
            fee_charged,
            result,
            ext: TransactionResultExt::V0,
        },
    }
}
