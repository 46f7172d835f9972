//! Fees and refunds, their order, and what makes a ledger unified.

use std::slice::from_ref;

use flowctl_stellar::{
    Network,
    token_transfer::{DeriveError, Mode, Origin, TokenTransfers, TransactionError},
};
use stellar_xdr::*;

use crate::build::*;

fn all(mode: Mode, protocol: u32, txs: &[Tx]) -> Vec<String> {
    lines(&try_told(mode, protocol, txs).unwrap().events)
}

fn cause(mode: Mode, protocol: u32, tx: Tx) -> TransactionError {
    match try_told(mode, protocol, &[tx]) {
        Err(DeriveError::Transaction { cause, .. }) => cause,
        other => panic!("expected an error of the transaction, got {other:?}"),
    }
}

fn soroban(op: Op) -> Tx {
    Tx {
        soroban: true,
        fee_changes: balance(1, 1_000, 900).into(),
        ..tx([op])
    }
}

#[test]
fn a_classic_fee_is_what_the_result_says() {
    let paid = payment(account(2), Asset::Native, 5);
    let failed = Tx {
        failed: true,
        ..tx([paid])
    };
    assert_eq!(
        all(Mode::Derived, 22, from_ref(&failed)),
        ["fee G1 100 XLM"]
    );
    let bumped = Tx {
        fee_source: Some(muxed(8, 3)),
        fee_charged: 300,
        ..failed
    };
    assert_eq!(
        all(Mode::Derived, 22, from_ref(&bumped)),
        ["fee G8 300 XLM"]
    );
    let succeeded = Tx {
        failed: false,
        ..bumped
    };
    let expected = ["fee G8 300 XLM", "transfer G1 → G2 5 XLM"];
    assert_eq!(all(Mode::Derived, 22, &[succeeded]), expected);
}

#[test]
fn a_soroban_fee_is_what_left_the_balance_and_a_refund_what_came_back() {
    let call = soroban(invocation(vec![]));
    let failed = Tx {
        failed: true,
        fee_charged: 55,
        ..call.clone()
    };
    assert_eq!(
        all(Mode::Derived, 22, from_ref(&failed)),
        ["fee G1 100 XLM"]
    );
    let refunded = Tx {
        changes_after: balance(1, 900, 930).into(),
        ..failed
    };
    let expected = ["fee G1 100 XLM", "fee G1 -30 XLM"];
    assert_eq!(all(Mode::Derived, 22, &[refunded]), expected);
    let late = Tx {
        refund_changes: balance(1, 900, 930).into(),
        ..call.clone()
    };
    assert_eq!(all(Mode::Derived, 23, &[late]), expected);
    let bumped = Tx {
        fee_source: Some(account(8)),
        fee_changes: balance(8, 50, 10).into(),
        changes_after: balance(1, 5, 6).into(),
        ..call
    };
    assert_eq!(all(Mode::Derived, 22, &[bumped]), ["fee G8 40 XLM"]);
}

#[test]
fn refunds_follow_their_transaction_until_protocol_22_and_everything_since() {
    let event = |amount| {
        let topics = vec![symbol("burn"), account_topic(2)];
        contract_event([30; 32], topics, i128_data(amount))
    };
    let call = |amount| soroban(invocation(vec![event(amount)]));
    let early = |amount| Tx {
        changes_after: balance(1, 900, 930).into(),
        ..call(amount)
    };
    let late = |amount| Tx {
        refund_changes: balance(1, 900, 930).into(),
        ..call(amount)
    };
    let (fee, refund) = ("fee G1 100 XLM", "fee G1 -30 XLM");
    let (one, two) = ("burn G2 1 token", "burn G2 2 token");
    let expected = [fee, fee, one, refund, two, refund];
    assert_eq!(all(Mode::Derived, 22, &[early(1), early(2)]), expected);
    let expected = [fee, fee, one, two, refund, refund];
    assert_eq!(all(Mode::Derived, 23, &[late(1), late(2)]), expected);
}

#[test]
fn places_count_from_one_in_the_order_of_application() {
    let pay = || payment(account(2), Asset::Native, 5);
    let failed = Tx {
        failed: true,
        sequence: 1,
        ..tx([pay()])
    };
    let told = try_told(Mode::Derived, 22, &[failed, tx([pay(), pay()])]).unwrap();
    let place = |event: &flowctl_stellar::token_transfer::TokenTransferEvent| {
        (event.meta.transaction_index, event.meta.operation_index)
    };
    let places: Vec<_> = told.events.iter().map(place).collect();
    assert_eq!(places, [(1, None), (2, None), (2, Some(1)), (2, Some(2))]);
    let ids: Vec<_> = told
        .events
        .iter()
        .map(|event| event.operation_id())
        .collect();
    let base = 1_000_u64 << 32;
    assert_eq!(
        ids,
        [
            base | 1 << 12,
            base | 2 << 12,
            base | 2 << 12 | 1,
            base | 2 << 12 | 2
        ]
    );
}

#[test]
fn a_fee_in_the_wrong_direction_is_an_error() {
    let call = soroban(invocation(vec![]));
    let gained = Tx {
        fee_changes: balance(1, 900, 1_000).into(),
        ..call.clone()
    };
    let expected = TransactionError::NegativeFee { amount: 100 };
    assert_eq!(cause(Mode::Derived, 22, gained), expected);
    let lost = Tx {
        changes_after: balance(1, 900, 870).into(),
        ..call.clone()
    };
    let expected = TransactionError::NegativeRefund { amount: 30 };
    assert_eq!(cause(Mode::Derived, 22, lost), expected);
    let old = Tx {
        meta_version: Some(2),
        ..call
    };
    let expected = TransactionError::UnsupportedMeta {
        needed: "V3 or V4",
        found: 2,
    };
    assert_eq!(cause(Mode::Derived, 22, old), expected);
}

#[test]
fn a_wrong_passphrase_is_named() {
    let ledger = ledger(22, &[tx([payment(account(2), Asset::Native, 5)])]);
    let error = TokenTransfers::new(Network::pubnet(), Mode::Auto)
        .events(&ledger)
        .unwrap_err();
    assert!(error.is_other_network());
    let source = std::error::Error::source(&error).unwrap().to_string();
    let expected = "no envelope matches its hash on the network \
                    `Public Global Stellar Network ; September 2015`: is that its network?";
    assert_eq!(source, expected);
}

fn unified(events: Vec<TransactionEvent>) -> Tx {
    Tx {
        events,
        ..tx([payment(account(2), Asset::Native, 5)])
    }
}

fn fee(amount: i128) -> TransactionEvent {
    fee_event(TransactionEventStage::BeforeAllTxs, 1, amount)
}

#[test]
fn a_unified_ledger_has_its_fees_from_the_stream() {
    let refund = fee_event(TransactionEventStage::AfterAllTxs, 1, -20);
    let other = TransactionEvent {
        stage: TransactionEventStage::AfterTx,
        event: contract_event([3; 32], vec![symbol("other")], ScVal::Void),
    };
    let first = unified(vec![fee(70), other, refund]);
    let second = Tx {
        failed: true,
        sequence: 1,
        ..unified(vec![fee(80)])
    };
    let expected = ["fee G1 70 XLM", "fee G1 80 XLM", "fee G1 -20 XLM"];
    assert_eq!(
        all(Mode::Unified, 23, &[first.clone(), second.clone()]),
        expected
    );
    assert_eq!(all(Mode::Auto, 23, &[first, second]), expected);
}

#[test]
fn a_ledger_is_unified_only_if_every_transaction_is() {
    let with = unified(vec![fee(70)]);
    let without = Tx {
        sequence: 1,
        ..unified(vec![])
    };
    let old = Tx {
        meta_version: Some(3),
        sequence: 2,
        ..unified(vec![])
    };
    let origin = |txs: &[Tx]| try_told(Mode::Auto, 23, txs).unwrap().origin;
    assert_eq!(origin(from_ref(&with)), Origin::Unified);
    assert_eq!(origin(&[with.clone(), without]), Origin::Derived);
    assert_eq!(origin(&[with, old]), Origin::Derived);
    assert_eq!(origin(&[]), Origin::Derived);
}

#[test]
fn a_transaction_without_proper_fee_events_is_no_unified_one() {
    let with = |events| cause(Mode::Unified, 23, unified(events));
    assert_eq!(with(vec![]), TransactionError::FeeEventCount { found: 0 });
    let three = vec![fee(1), fee(2), fee(3)];
    assert_eq!(with(three), TransactionError::FeeEventCount { found: 3 });
    let old = Tx {
        meta_version: Some(3),
        failed: true,
        ..unified(vec![])
    };
    let expected = TransactionError::UnsupportedMeta {
        needed: "V4",
        found: 3,
    };
    assert_eq!(cause(Mode::Unified, 23, old), expected);

    let changed = |change: fn(&mut ContractEvent)| {
        let mut event = fee(1);
        change(&mut event.event);
        with(vec![event])
    };
    let foreign = changed(|event| event.contract_id = Some(ContractId(Hash([3; 32]))));
    assert!(
        matches!(foreign, TransactionError::FeeContract { .. }),
        "{foreign:?}"
    );
    for wrong in [
        changed(|event| event.contract_id = None),
        changed(|event| event.type_ = ContractEventType::System),
        changed(|event| {
            let ContractEventBody::V0(body) = &mut event.body;
            body.data = ScVal::U64(1);
        }),
        changed(|event| {
            let ContractEventBody::V0(body) = &mut event.body;
            body.topics = list(vec![symbol("fee")]);
        }),
        changed(|event| {
            let ContractEventBody::V0(body) = &mut event.body;
            body.topics = list(vec![symbol("fee"), symbol("payer")]);
        }),
    ] {
        assert!(
            matches!(wrong, TransactionError::FeeEvent { index: 0, .. }),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_wrong_passphrase_is_noticed_in_the_stream_too() {
    let ledger = ledger(23, &[unified(vec![fee(70)])]);
    let of = |network, mode| TokenTransfers::new(network, mode).events(&ledger);
    assert!(of(network(), Mode::Auto).is_ok());
    for mode in [Mode::Auto, Mode::Unified, Mode::Derived] {
        let error = of(Network::pubnet(), mode).unwrap_err();
        assert!(error.is_other_network(), "{error}");
    }
    let own = try_told(Mode::Unified, 23, &[unified(vec![])]).unwrap_err();
    assert!(!own.is_other_network());
}
