//! Ledgers in the form of each protocol.

use flowctl_stellar::Network;
use stellar_xdr::*;

use super::{Tx, changes, list};

pub(crate) fn network() -> Network {
    Network::named("standalone").unwrap()
}

/// A ledger of the form that stellar-core wrote under `protocol`.
pub(crate) fn ledger(protocol: u32, txs: &[Tx]) -> LedgerCloseMeta {
    let header = LedgerHeader {
        ledger_version: protocol,
        previous_ledger_hash: Hash([1; 32]),
        scp_value: StellarValue {
            close_time: TimePoint(1_600_000_000),
            ..StellarValue::default()
        },
        ledger_seq: 1_000,
        total_coins: 1,
        ..LedgerHeader::default()
    };
    let hash = flowctl_stellar::Hash::of(header.to_xdr(Limits::none()).unwrap());
    let ledger_header = LedgerHeaderHistoryEntry {
        hash: Hash(hash.0),
        header,
        ext: LedgerHeaderHistoryEntryExt::V0,
    };
    // The set is not in the order of application.
    let envelopes = list(txs.iter().rev().map(Tx::envelope).collect());
    let default_meta = match protocol {
        0..20 => 2,
        20..23 => 3,
        _ => 4,
    };
    let meta = |tx: &Tx| tx.meta(tx.meta_version.unwrap_or(default_meta));
    let processing = |tx: &Tx| TransactionResultMeta {
        result: tx.result(),
        fee_processing: changes(&tx.fee_changes),
        tx_apply_processing: meta(tx),
    };
    let set = |phases: Vec<TransactionPhase>| {
        GeneralizedTransactionSet::V1(TransactionSetV1 {
            previous_ledger_hash: Hash([1; 32]),
            phases: list(phases),
        })
    };
    match protocol {
        0..20 => LedgerCloseMeta::V0(LedgerCloseMetaV0 {
            ledger_header,
            tx_set: TransactionSet {
                previous_ledger_hash: Hash([1; 32]),
                txs: envelopes,
            },
            tx_processing: list(txs.iter().map(processing).collect()),
            upgrades_processing: VecM::default(),
            scp_info: VecM::default(),
        }),
        20..23 => LedgerCloseMeta::V1(LedgerCloseMetaV1 {
            ledger_header,
            tx_set: set(vec![sequential_phase(envelopes)]),
            tx_processing: list(txs.iter().map(processing).collect()),
            ..LedgerCloseMetaV1::default()
        }),
        _ => {
            let (parallel, sequential): (Vec<_>, Vec<_>) =
                envelopes.iter().cloned().partition(|envelope| {
                    matches!(envelope, TransactionEnvelope::Tx(envelope)
                        if matches!(envelope.tx.ext, TransactionExt::V1(_)))
                });
            LedgerCloseMeta::V2(LedgerCloseMetaV2 {
                ledger_header,
                tx_set: set(vec![
                    sequential_phase(list(sequential)),
                    parallel_phase(parallel),
                ]),
                tx_processing: list(
                    txs.iter()
                        .map(|tx| TransactionResultMetaV1 {
                            ext: ExtensionPoint::V0,
                            result: tx.result(),
                            fee_processing: changes(&tx.fee_changes),
                            tx_apply_processing: meta(tx),
                            post_tx_apply_fee_processing: changes(&tx.refund_changes),
                        })
                        .collect(),
                ),
                ..LedgerCloseMetaV2::default()
            })
        }
    }
}

fn sequential_phase(txs: VecM<TransactionEnvelope>) -> TransactionPhase {
    let component = TxSetComponentTxsMaybeDiscountedFee {
        base_fee: None,
        txs,
    };
    TransactionPhase::V0(list(vec![TxSetComponent::TxsetCompTxsMaybeDiscountedFee(
        component,
    )]))
}

fn parallel_phase(envelopes: Vec<TransactionEnvelope>) -> TransactionPhase {
    let cluster = |envelope| DependentTxCluster(list(vec![envelope]));
    let stage = ParallelTxExecutionStage(list(envelopes.into_iter().map(cluster).collect()));
    let execution_stages = list(vec![stage]);
    TransactionPhase::V1(ParallelTxsComponent {
        base_fee: None,
        execution_stages,
    })
}
