//! Small valid ledgers for unit tests.

use stellar_xdr::{
    EnvelopeType, LedgerCloseMeta, LedgerCloseMetaBatch, LedgerCloseMetaV0, LedgerHeader,
    LedgerHeaderHistoryEntry, Limits, TimePoint, Transaction, TransactionEnvelope, TransactionMeta,
    TransactionResultMeta, TransactionV1Envelope, WriteXdr,
};

use crate::{Hash, Network};

/// Chained ledgers with nothing in them: `count` of them from `first` on.
pub(crate) fn ledgers(first: u32, count: u32) -> Vec<Vec<u8>> {
    ledgers_with(first, count, |_| LedgerCloseMetaV0::default())
}

/// The same with one transaction of `network` in each.
pub(crate) fn ledgers_of(network: &Network, first: u32, count: u32) -> Vec<Vec<u8>> {
    let transaction = Transaction::default();
    let mut signed = network.id().0.to_vec();
    signed.extend(EnvelopeType::Tx.to_xdr(Limits::none()).unwrap());
    signed.extend(transaction.to_xdr(Limits::none()).unwrap());
    let mut ledger = LedgerCloseMetaV0::default();
    let envelope = TransactionV1Envelope {
        tx: transaction,
        ..Default::default()
    };
    ledger.tx_set.txs = vec![TransactionEnvelope::Tx(envelope)].try_into().unwrap();
    let mut applied = TransactionResultMeta {
        tx_apply_processing: TransactionMeta::V2(Default::default()),
        ..Default::default()
    };
    applied.result.transaction_hash.0 = Hash::of(signed).0;
    ledger.tx_processing = vec![applied].try_into().unwrap();
    ledgers_with(first, count, |_| ledger.clone())
}

fn ledgers_with(first: u32, count: u32, body: impl Fn(u32) -> LedgerCloseMetaV0) -> Vec<Vec<u8>> {
    let mut previous = Hash::of(b"genesis");
    (first..first + count)
        .map(|sequence| {
            let mut header = LedgerHeader {
                ledger_version: 19,
                previous_ledger_hash: stellar_xdr::Hash(previous.0),
                ledger_seq: sequence,
                ..Default::default()
            };
            header.scp_value.close_time = TimePoint(1_700_000_000 + u64::from(sequence) * 5);
            previous = Hash::of(header.to_xdr(Limits::none()).unwrap());
            let ledger_header = LedgerHeaderHistoryEntry {
                hash: stellar_xdr::Hash(previous.0),
                header,
                ..Default::default()
            };
            let ledger = LedgerCloseMetaV0 {
                ledger_header,
                ..body(sequence)
            };
            LedgerCloseMeta::V0(ledger).to_xdr(Limits::none()).unwrap()
        })
        .collect()
}

/// The ledgers as a batch that says it holds `start` to `end`.
pub(crate) fn batch(start: u32, end: u32, ledgers: &[Vec<u8>]) -> Vec<u8> {
    let empty = LedgerCloseMetaBatch {
        start_sequence: start,
        end_sequence: end,
        ledger_close_metas: Default::default(),
    };
    let mut bytes = empty.to_xdr(Limits::none()).unwrap();
    bytes.truncate(8);
    bytes.extend(u32::try_from(ledgers.len()).unwrap().to_be_bytes());
    bytes.extend(ledgers.concat());
    bytes
}

/// The ledgers behind record marks.
pub(crate) fn framed(ledgers: &[Vec<u8>]) -> Vec<u8> {
    let frame = |ledger: &Vec<u8>| {
        let mark = u32::try_from(ledger.len()).unwrap() | 1 << 31;
        [mark.to_be_bytes().as_slice(), ledger].concat()
    };
    ledgers.iter().flat_map(frame).collect()
}

/// The files as a tar archive.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
    std::io::Read::read_to_end(&mut encoder, &mut compressed).unwrap();
    compressed
}

pub(crate) fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}
