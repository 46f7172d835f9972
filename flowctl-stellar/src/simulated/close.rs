use stellar_xdr::{
    Hash, LedgerCloseMeta, LedgerCloseMetaExt, LedgerCloseMetaV0, LedgerCloseMetaV1,
    LedgerCloseMetaV2, LedgerHeader, LedgerHeaderExt, LedgerHeaderHistoryEntry,
    LedgerHeaderHistoryEntryExt, LedgerUpgrade, StellarValue, StellarValueExt, TimePoint,
    TransactionMeta, TransactionResultMeta, TransactionResultMetaV1, TransactionResultSet,
    UpgradeEntryMeta, UpgradeType,
};

use super::{
    applied::AppliedTransaction,
    encoding::{byte_string, hash, list, xdr},
    meta::changes,
    state::{BASE_RESERVE, LedgerState},
    transaction::BASE_FEE,
    transaction_set::LedgerTransactionSet,
};

/// The ledger's header, with its hash.
///
/// `bucket_list_hash` and `skip_list` are zero: they speak of a bucket list, which there is not. All other
/// fields are true.
pub(super) fn header(
    state: &LedgerState,
    previous_ledger_hash: Hash,
    set: &LedgerTransactionSet,
    applied: &[AppliedTransaction],
    upgrade: Option<u32>,
) -> LedgerHeaderHistoryEntry {
    let results = TransactionResultSet {
        results: list(
            applied
                .iter()
                .map(|applied| applied.result.clone())
                .collect(),
        ),
    };
    let upgrades = upgrade.map(|protocol| {
        let upgrade = LedgerUpgrade::Version(protocol);
        UpgradeType(byte_string(&xdr(&upgrade)))
    });
    let header = LedgerHeader {
        ledger_version: upgrade.unwrap_or(state.protocol),
        previous_ledger_hash,
        scp_value: StellarValue {
            tx_set_hash: set.hash(),
            close_time: TimePoint(state.close_time),
            upgrades: list(upgrades.into_iter().collect()),
            ext: StellarValueExt::Basic,
        },
        tx_set_result_hash: hash(&results),
        bucket_list_hash: Hash([0; 32]),
        ledger_seq: state.sequence,
        total_coins: state.totals.coins,
        fee_pool: state.totals.fee_pool,
        inflation_seq: state.totals.inflation_sequence,
        id_pool: state.totals.last_id,
        base_fee: BASE_FEE,
        base_reserve: u32::try_from(BASE_RESERVE).unwrap_or(u32::MAX),
        max_tx_set_size: 1_000,
        skip_list: [const { Hash([0; 32]) }; 4],
        ext: LedgerHeaderExt::V0,
    };
    LedgerHeaderHistoryEntry {
        hash: hash(&header),
        header,
        ext: LedgerHeaderHistoryEntryExt::V0,
    }
}

/// The whole ledger, in the form of its set.
pub(super) fn close(
    protocol: u32,
    ledger_header: LedgerHeaderHistoryEntry,
    set: LedgerTransactionSet,
    applied: Vec<(AppliedTransaction, TransactionMeta)>,
    upgrade: Option<u32>,
) -> LedgerCloseMeta {
    let upgrades = upgrade.map(|protocol| UpgradeEntryMeta {
        upgrade: LedgerUpgrade::Version(protocol),
        changes: changes(Vec::new()),
    });
    let upgrades_processing = list(upgrades.into_iter().collect());
    let scp_info = list(Vec::new());
    match set {
        LedgerTransactionSet::Plain(tx_set) => LedgerCloseMeta::V0(LedgerCloseMetaV0 {
            ledger_header,
            tx_set,
            tx_processing: list(applied.into_iter().map(processing).collect()),
            upgrades_processing,
            scp_info,
        }),
        LedgerTransactionSet::Generalized(tx_set) if protocol < 23 => {
            LedgerCloseMeta::V1(LedgerCloseMetaV1 {
                ext: LedgerCloseMetaExt::V0,
                ledger_header,
                tx_set,
                tx_processing: list(applied.into_iter().map(processing).collect()),
                upgrades_processing,
                scp_info,
                total_byte_size_of_live_soroban_state: 0,
                evicted_keys: list(Vec::new()),
                unused: list(Vec::new()),
            })
        }
        LedgerTransactionSet::Generalized(tx_set) => LedgerCloseMeta::V2(LedgerCloseMetaV2 {
            ext: LedgerCloseMetaExt::V0,
            ledger_header,
            tx_set,
            tx_processing: list(applied.into_iter().map(processing_v1).collect()),
            upgrades_processing,
            scp_info,
            total_byte_size_of_live_soroban_state: 0,
            evicted_keys: list(Vec::new()),
        }),
    }
}

fn processing((applied, meta): (AppliedTransaction, TransactionMeta)) -> TransactionResultMeta {
    TransactionResultMeta {
        result: applied.result,
        fee_processing: changes(applied.fee_changes),
        tx_apply_processing: meta,
    }
}

fn processing_v1(
    (applied, meta): (AppliedTransaction, TransactionMeta),
) -> TransactionResultMetaV1 {
    TransactionResultMetaV1 {
        ext: stellar_xdr::ExtensionPoint::V0,
        result: applied.result,
        fee_processing: changes(applied.fee_changes),
        tx_apply_processing: meta,
        post_tx_apply_fee_processing: changes(applied.refund_changes),
    }
}
