//! Lumens that appear and vanish below protocol 8, and old envelopes.

use flowctl_stellar::token_transfer::{DeriveError, Mode, TransactionError};
use stellar_xdr::*;

use crate::build::*;

fn reconciled(protocol: u32, operation: Op) -> Vec<String> {
    lines(&derived(protocol, tx([operation])))
}

fn paying(amount: i64, before: i64, after: i64) -> Op {
    let changes = balance(1, before, after)
        .into_iter()
        .chain(balance(2, 0, amount));
    payment(account(2), Asset::Native, amount).changing(changes)
}

#[test]
fn divergence_3_unexplained_lumens_of_the_source_are_minted_first_or_burned_last() {
    assert_eq!(
        reconciled(7, paying(10, 100, 90)),
        ["transfer G1 → G2 10 XLM"]
    );
    let minted = ["mint → G1 5 XLM", "transfer G1 → G2 10 XLM"];
    assert_eq!(reconciled(7, paying(10, 100, 95)), minted);
    assert_eq!(
        reconciled(8, paying(10, 100, 95)),
        ["transfer G1 → G2 10 XLM"]
    );
    let burned = ["transfer G1 → G2 10 XLM", "burn G1 5 XLM"];
    assert_eq!(reconciled(7, paying(10, 100, 85)), burned);
    let nothing_paid = ["mint → G1 5 XLM", "transfer G1 → G2 0 XLM"];
    assert_eq!(reconciled(7, paying(0, 100, 105)), nothing_paid);
}

#[test]
fn divergence_3_other_accounts_and_operations_without_events_are_not_looked_at() {
    let other = payment(account(2), Asset::Native, 0).changing(balance(3, 10, 20));
    assert_eq!(reconciled(7, other), ["transfer G1 → G2 0 XLM"]);
    let body = OperationBody::BumpSequence(BumpSequenceOp {
        bump_to: SequenceNumber(9),
    });
    let bump = op(
        body,
        OperationResultTr::BumpSequence(BumpSequenceResult::Success),
    );
    assert_eq!(reconciled(7, bump.changing(balance(1, 10, 20))), [""; 0]);
    let payouts = list(vec![InflationPayout {
        destination: account_id(1),
        amount: 5,
    }]);
    let result = OperationResultTr::Inflation(InflationResult::Success(payouts));
    let inflation = op(OperationBody::Inflation, result).changing(balance(1, 10, 12));
    assert_eq!(
        reconciled(7, inflation),
        ["mint → G1 5 XLM", "burn G1 3 XLM"]
    );
}

#[test]
fn a_merge_of_the_source_is_reconciled_with_its_removal() {
    let [before, _] = balance(1, 100, 0);
    let key = LedgerKey::Account(LedgerKeyAccount {
        account_id: account_id(1),
    });
    let changes = [before, LedgerEntryChange::Removed(key)];
    let body = OperationBody::AccountMerge(account(2));
    let result = OperationResultTr::AccountMerge(AccountMergeResult::Success(100));
    let merge = op(body, result).changing(changes);
    assert_eq!(reconciled(5, merge), ["transfer G1 → G2 100 XLM"]);
}

#[test]
fn an_old_envelope_is_found_by_the_hash_of_its_new_form() {
    let old = Tx {
        v0: true,
        ..tx([payment(account(2), Asset::Native, 5)]).memo(Memo::Id(4))
    };
    assert_eq!(lines(&derived(12, old)), ["transfer G1 → G2 5 XLM id 4"]);
}

#[test]
fn meta_of_a_stellar_core_that_is_too_old_is_refused() {
    let with_fee_changes = Tx {
        meta_version: Some(1),
        fee_changes: balance(1, 100, 0).into(),
        ..tx([payment(account(2), Asset::Native, 5)])
    };
    let cause = |protocol, tx| match try_told(Mode::Derived, protocol, &[tx]) {
        Err(DeriveError::Transaction { cause, .. }) => Some(cause),
        _ => None,
    };
    assert_eq!(
        cause(9, with_fee_changes.clone()),
        Some(TransactionError::OutdatedMeta)
    );
    assert_eq!(cause(10, with_fee_changes.clone()), None);
    let oldest = Tx {
        meta_version: Some(0),
        ..with_fee_changes
    };
    let unsupported = TransactionError::UnsupportedMeta {
        needed: "V1 to V4",
        found: 0,
    };
    assert_eq!(cause(9, oldest), Some(unsupported));
}
