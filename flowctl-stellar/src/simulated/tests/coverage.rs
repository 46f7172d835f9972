//! What occurs in the ledgers, by name, so that no kind can vanish without a test that fails.

use std::collections::BTreeMap;

use stellar_xdr::{
    ClaimAtom, ContractEvent, ContractEventBody, InflationResult, InvokeHostFunctionResult,
    LedgerCloseMeta, LedgerEntryChange, LedgerEntryData, ManageBuyOfferResult,
    ManageSellOfferResult, Memo, MuxedAccount, OperationBody, OperationResultTr,
    PathPaymentStrictReceiveResult, PathPaymentStrictSendResult, ScVal, TransactionEnvelope,
};

use super::{network, options};
use crate::{
    ledger::{Envelopes, MetaView, applied_transactions, entry_changes},
    simulated::{SimulatedNetwork, options::Options},
};

type Counts = BTreeMap<String, u32>;

fn count(counts: &mut Counts, name: impl Into<String>) {
    *counts.entry(name.into()).or_default() += 1;
}

fn survey(counts: &mut Counts, options: Options, ledgers: usize) {
    let mut simulated = network(options);
    for _ in 0..ledgers {
        survey_ledger(counts, &simulated.close_ledger());
    }
}

fn survey_ledger(counts: &mut Counts, ledger: &LedgerCloseMeta) {
    let network = SimulatedNetwork::network();
    let envelopes = Envelopes::of(ledger, &network);
    for applied in applied_transactions(ledger) {
        let envelope = envelopes.get(applied.hash).unwrap();
        survey_envelope(counts, envelope);
        let view = crate::ledger::EnvelopeView::of(envelope);
        let Some(results) = applied.successful_operations() else {
            count(counts, "failed transaction");
            continue;
        };
        count(counts, "successful transaction");
        let meta = MetaView::of(applied.meta);
        for (index, (operation, result)) in view.operations.iter().zip(results).enumerate() {
            let stellar_xdr::OperationResult::OpInner(result) = result else {
                continue;
            };
            count(counts, operation.body.name());
            if operation.source_account.is_some() {
                count(counts, "operation with its own source");
            }
            if let OperationBody::InvokeHostFunction(call) = &operation.body
                && let stellar_xdr::HostFunction::InvokeContract(call) = &call.host_function
                && call.args.iter().any(|argument| {
                    matches!(
                        argument,
                        ScVal::Address(stellar_xdr::ScAddress::MuxedAccount(_))
                    )
                })
            {
                count(counts, "muxed address in a contract call");
            }
            survey_result(counts, &operation.body, result);
            survey_changes(
                counts,
                operation.body.name(),
                meta.operation_changes(index).unwrap(),
            );
            for event in meta.operation_events(index) {
                survey_event(counts, event);
            }
        }
    }
}

fn survey_envelope(counts: &mut Counts, envelope: &TransactionEnvelope) {
    let (source, memo) = match envelope {
        TransactionEnvelope::TxV0(envelope) => {
            count(counts, "envelope V0");
            return count(counts, memo_name(&envelope.tx.memo));
        }
        TransactionEnvelope::Tx(envelope) => (&envelope.tx.source_account, &envelope.tx.memo),
        TransactionEnvelope::TxFeeBump(envelope) => {
            count(counts, "fee bump");
            let stellar_xdr::FeeBumpTransactionInnerTx::Tx(inner) = &envelope.tx.inner_tx;
            (&envelope.tx.fee_source, &inner.tx.memo)
        }
    };
    if matches!(source, MuxedAccount::MuxedEd25519(_)) {
        count(counts, "muxed source");
    }
    count(counts, memo_name(memo));
}

fn memo_name(memo: &Memo) -> &'static str {
    match memo {
        Memo::None => "memo none",
        Memo::Text(text) if std::str::from_utf8(text.as_slice()).is_err() => "memo not UTF-8",
        Memo::Text(_) => "memo text",
        Memo::Id(_) => "memo id",
        Memo::Hash(_) => "memo hash",
        Memo::Return(_) => "memo return",
    }
}

fn survey_result(counts: &mut Counts, body: &OperationBody, result: &OperationResultTr) {
    let claims: &[ClaimAtom] = match result {
        OperationResultTr::ManageSellOffer(ManageSellOfferResult::Success(success))
        | OperationResultTr::ManageBuyOffer(ManageBuyOfferResult::Success(success)) => {
            &success.offers_claimed
        }
        OperationResultTr::PathPaymentStrictSend(PathPaymentStrictSendResult::Success(success)) => {
            &success.offers
        }
        OperationResultTr::PathPaymentStrictReceive(PathPaymentStrictReceiveResult::Success(
            success,
        )) => &success.offers,
        OperationResultTr::Inflation(InflationResult::Success(payouts)) => {
            return count(counts, format!("{} payouts", payouts.len()));
        }
        OperationResultTr::InvokeHostFunction(InvokeHostFunctionResult::Success(_)) => &[],
        _ => &[],
    };
    for claim in claims {
        count(counts, format!("{} in {}", claim.name(), body.name()));
    }
    if claims.len() > 1 {
        count(counts, format!("several claims in {}", body.name()));
    }
    let muxed = match body {
        OperationBody::Payment(operation) => Some(&operation.destination),
        OperationBody::AccountMerge(destination) => Some(destination),
        OperationBody::Clawback(operation) => Some(&operation.from),
        _ => None,
    };
    if matches!(muxed, Some(MuxedAccount::MuxedEd25519(_))) {
        count(counts, format!("muxed account in {}", body.name()));
    }
}

fn survey_changes(counts: &mut Counts, operation: &str, changes: &stellar_xdr::LedgerEntryChanges) {
    for change in changes.0.iter() {
        count(counts, format!("change {}", change.name()));
        if let LedgerEntryChange::Restored(_) = change {
            count(counts, "restored");
        }
    }
    let (mut created, mut pools, mut unmoved) = (0, 0, false);
    for change in entry_changes(changes) {
        let change = change.unwrap();
        let data = |entry: Option<&stellar_xdr::LedgerEntry>| entry.map(|entry| entry.data.clone());
        match (data(change.before), data(change.after)) {
            (None, Some(LedgerEntryData::ClaimableBalance(_))) => created += 1,
            (Some(LedgerEntryData::LiquidityPool(before)), after) => {
                pools += 1;
                let stellar_xdr::LiquidityPoolEntryBody::LiquidityPoolConstantProduct(before) =
                    before.body;
                if let Some(LedgerEntryData::LiquidityPool(after)) = after {
                    let stellar_xdr::LiquidityPoolEntryBody::LiquidityPoolConstantProduct(after) =
                        after.body;
                    unmoved |= (before.reserve_a == after.reserve_a)
                        != (before.reserve_b == after.reserve_b);
                }
            }
            _ => {}
        }
    }
    if operation == "LiquidityPoolWithdraw" && unmoved {
        count(counts, "withdrawal of nothing of one asset");
    }
    if matches!(operation, "AllowTrust" | "SetTrustLineFlags") && pools > 0 {
        count(
            counts,
            format!("{created} balances from {pools} revoked pools"),
        );
    }
}

fn survey_event(counts: &mut Counts, event: &ContractEvent) {
    let ContractEventBody::V0(body) = &event.body;
    let Some(ScVal::Symbol(name)) = body.topics.first() else {
        return;
    };
    count(counts, format!("event {}", name.0.to_utf8_string_lossy()));
    let amount = match &body.data {
        ScVal::Map(Some(map)) => {
            count(
                counts,
                format!("event {} with a note", name.0.to_utf8_string_lossy()),
            );
            &map.0[0].val
        }
        data => data,
    };
    if let ScVal::I128(parts) = amount
        && (parts.hi != 0 || parts.lo > i64::MAX as u64)
    {
        count(counts, "event amount above 64 bits");
    }
}

/// What has to occur within 300 ledgers of the default mix, by protocol.
const EXPECTED: [(u32, &[&str]); 5] = [
    (
        7,
        &[
            "2 payouts",
            "AccountMerge",
            "AllowTrust",
            "ChangeTrust",
            "CreateAccount",
            "CreatePassiveSellOffer",
            "ManageSellOffer",
            "PathPaymentStrictReceive",
            "Payment",
            "SetOptions",
            "V0 in CreatePassiveSellOffer",
            "V0 in ManageSellOffer",
            "V0 in PathPaymentStrictReceive",
            "envelope V0",
            "failed transaction",
            "memo hash",
            "memo id",
            "memo none",
            "memo not UTF-8",
            "memo return",
            "memo text",
            "operation with its own source",
            "several claims in ManageSellOffer",
        ],
    ),
    (
        17,
        &[
            "Clawback",
            "ClawbackClaimableBalance",
            "ClaimClaimableBalance",
            "CreateClaimableBalance",
            "V0 in ManageBuyOffer",
            "V0 in PathPaymentStrictSend",
            "fee bump",
            "muxed account in Payment",
            "SetTrustLineFlags",
        ],
    ),
    (
        19,
        &[
            "LiquidityPoolDeposit",
            "LiquidityPoolWithdraw",
            "withdrawal of nothing of one asset",
            "0 balances from 1 revoked pools",
            "1 balances from 1 revoked pools",
            "2 balances from 1 revoked pools",
            "LiquidityPool in PathPaymentStrictReceive",
            "LiquidityPool in PathPaymentStrictSend",
            "OrderBook in ManageSellOffer",
        ],
    ),
    (
        21,
        &[
            "InvokeHostFunction",
            "event approve",
            "event amount above 64 bits",
            "event clawback",
            "event burn",
            "event mint",
            "envelope V0",
        ],
    ),
    (
        23,
        &[
            "restored",
            "event set_authorized",
            "event mint with a note",
            "event transfer with a note",
            "muxed address in a contract call",
            "muxed account in AccountMerge",
            "muxed account in Clawback",
            "muxed source",
            "several claims in PathPaymentStrictSend",
        ],
    ),
];

#[test]
fn every_kind_occurs_in_the_first_300_ledgers_of_the_default_mix() {
    for (protocol, expected) in EXPECTED {
        let mut counts = Counts::new();
        survey(&mut counts, options(1, protocol, true), 300);
        let missing: Vec<_> = expected
            .iter()
            .filter(|name| !counts.contains_key(**name))
            .collect();
        assert!(missing.is_empty(), "protocol {protocol}: no {missing:?}");
    }
}
