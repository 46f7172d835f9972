use std::{fs, io::Read, path::Path};

use stellar_xdr::{LedgerCloseMeta, Limits, TransactionMeta, WriteXdr};

use super::{
    Unread, Wanted, decode_sparse,
    entries::{CHANGES, CONTRACT_EVENTS, DIAGNOSTIC_EVENTS, SOROBAN_META_V2, TRANSACTION_EVENTS},
    envelopes::{GENERALIZED_TRANSACTION_SET, TRANSACTION_SET},
    shape::{Shape, skip},
};
use crate::ledger::{MetaView, applied_transactions, decode};

/// The plain and gzipped single ledgers of the real data set, if it is there.
fn real_ledgers(test: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = std::env::var_os("FLOWCTL_TEST_LEDGERS") else {
        let required = std::env::var("FLOWCTL_REQUIRE").unwrap_or_default();
        let required = required.split(',').any(|name| name.trim() == "ledgers");
        assert!(
            !required,
            "{test} needs the real ledgers: set FLOWCTL_TEST_LEDGERS"
        );
        eprintln!("SKIPPED {test}: set FLOWCTL_TEST_LEDGERS");
        return vec![];
    };
    let mut ledgers = Vec::new();
    for folder in
        ["core", "pubnet", "pubnet/p13", "pubnet/tutorial"].map(|f| Path::new(&folder).join(f))
    {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if name.ends_with(".xdr") {
                ledgers.push((name, fs::read(path).unwrap()));
            } else if name.ends_with(".xdr.gz") {
                let mut plain = Vec::new();
                let file = fs::File::open(path).unwrap();
                flate2::read::GzDecoder::new(file)
                    .read_to_end(&mut plain)
                    .unwrap();
                ledgers.push((name, plain));
            }
        }
    }
    ledgers
}

fn assert_steps_over(value: &impl WriteXdr, shape: &Shape, name: &str) {
    let mut bytes = value.to_xdr(Limits::none()).unwrap();
    bytes.extend(*b"rest");
    assert_eq!(skip(&bytes, shape), Some(&b"rest"[..]), "{name}");
    bytes.truncate(bytes.len() - 5);
    assert_eq!(skip(&bytes, shape), None, "{name}, cut");
}

#[test]
fn every_form_steps_over_just_what_it_describes() {
    for (name, bytes) in real_ledgers("every_form_steps_over_just_what_it_describes") {
        let ledger = decode(&bytes).unwrap();
        match &ledger {
            LedgerCloseMeta::V0(ledger) => {
                assert_steps_over(&ledger.tx_set, &TRANSACTION_SET, &name);
            }
            LedgerCloseMeta::V1(ledger) => {
                assert_steps_over(&ledger.tx_set, &GENERALIZED_TRANSACTION_SET, &name);
            }
            LedgerCloseMeta::V2(ledger) => {
                assert_steps_over(&ledger.tx_set, &GENERALIZED_TRANSACTION_SET, &name);
            }
        }
        for applied in applied_transactions(&ledger) {
            let meta = MetaView::of(applied.meta);
            let around = [
                Some(applied.fee_changes),
                meta.before,
                meta.after,
                applied.refund_changes,
            ];
            let operations = (0..meta.operation_count()).map(|index| meta.operation_changes(index));
            for changes in around.into_iter().chain(operations).flatten() {
                assert_steps_over(changes, &CHANGES, &name);
            }
            if let TransactionMeta::V4(meta) = applied.meta {
                for operation in meta.operations.iter() {
                    assert_steps_over(&operation.events, &CONTRACT_EVENTS, &name);
                }
                assert_steps_over(&meta.events, &TRANSACTION_EVENTS, &name);
                assert_steps_over(&meta.soroban_meta, &SOROBAN_META_V2, &name);
                assert_steps_over(&meta.diagnostic_events, &DIAGNOSTIC_EVENTS, &name);
            }
        }
    }
}

#[test]
fn no_real_ledger_needs_the_full_decoding() {
    for (name, bytes) in real_ledgers("no_real_ledger_needs_the_full_decoding") {
        let unified =
            name.contains("enable-classic-events") || name.contains("p13") || name.ends_with(".gz");
        if let Err(reason) = decode_sparse(&bytes, Wanted::Unified) {
            assert!(
                !unified && reason == Unread::NotUnified,
                "{name}: {reason:?}"
            );
        }
        assert!(decode_sparse(&bytes, Wanted::Derived).is_ok(), "{name}");
    }
}

#[test]
fn a_value_nested_too_deep_is_not_stepped_over() {
    let vectors = |levels: usize| {
        // A vector of one: its type, that it is there, and its length.
        let mut bytes = [0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1].repeat(levels);
        bytes.extend([0, 0, 0, 1]);
        bytes
    };
    assert_eq!(skip(&vectors(100), &super::entries::SC_VAL), Some(&[][..]));
    assert_eq!(skip(&vectors(100_000), &super::entries::SC_VAL), None);
}
