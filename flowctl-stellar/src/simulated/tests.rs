use std::collections::BTreeMap;

use stellar_xdr::{LedgerCloseMeta, LedgerHeader as XdrHeader, Limits, WriteXdr};

use super::*;
use crate::{
    Hash,
    ledger::{Gaps, HashChain, LedgerHeader, decode, encode},
    token_transfer::{Mode, TokenTransferEvent, TokenTransfers, verify},
};

/// Every form that ledgers have had, with protocols on both sides of each change of the rules.
const PROTOCOLS: [u32; 12] = [3, 7, 9, 11, 12, 14, 17, 19, 20, 22, 23, 26];

/// How many ledgers of how many seeds are checked; `FLOWCTL_SIMULATED_LEDGERS=10000` and
/// `FLOWCTL_SIMULATED_SEEDS=20` make it thorough.
fn scale(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable);
    text.map_or(default, |text| text.parse().unwrap())
}

fn ledgers_each() -> usize {
    usize::try_from(scale("FLOWCTL_SIMULATED_LEDGERS", 60)).unwrap()
}

fn seeds() -> impl Iterator<Item = u64> {
    1..=scale("FLOWCTL_SIMULATED_SEEDS", 2)
}

fn options(seed: u64, protocol: u32, unified_events: bool) -> Options {
    Options {
        protocol,
        unified_events,
        ..Options::with_seed(seed)
    }
}

fn network(options: Options) -> SimulatedNetwork {
    SimulatedNetwork::new(options).unwrap()
}

fn header(ledger: &LedgerCloseMeta) -> &XdrHeader {
    match ledger {
        LedgerCloseMeta::V0(ledger) => &ledger.ledger_header.header,
        LedgerCloseMeta::V1(ledger) => &ledger.ledger_header.header,
        LedgerCloseMeta::V2(ledger) => &ledger.ledger_header.header,
    }
}

fn events(mode: Mode, ledger: &LedgerCloseMeta) -> Vec<TokenTransferEvent> {
    let mut transfers = TokenTransfers::new(SimulatedNetwork::network(), mode);
    let events = transfers.events(ledger).unwrap_or_else(|error| {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        panic!("{text}")
    });
    events.events
}

#[test]
fn the_same_options_give_the_same_bytes() {
    for protocol in PROTOCOLS {
        let first: Vec<_> = network(options(7, protocol, true)).take(30).collect();
        let second: Vec<_> = network(options(7, protocol, true)).take(30).collect();
        assert_eq!(first, second);
        let other: Vec<_> = network(options(8, protocol, true)).take(30).collect();
        assert_ne!(first, other);
    }
}

#[test]
fn a_ledger_is_the_same_whether_those_before_were_taken_or_skipped() {
    let mut taken = network(Options::with_seed(3));
    let mut skipped = taken.clone();
    let expected = taken.nth(40).unwrap();
    skipped.skip_to(expected.sequence);
    assert_eq!(skipped.next_sequence(), expected.sequence);
    assert_eq!(skipped.next().unwrap(), expected);
}

#[test]
fn ledgers_are_chained_and_decode_to_what_they_were_encoded_from() {
    for protocol in PROTOCOLS {
        let mut chain = HashChain::new(Gaps::Error);
        for (sequence, simulated) in
            (FIRST_LEDGER..).zip(network(options(1, protocol, true)).take(40))
        {
            let ledger = decode(&simulated.bytes).unwrap();
            assert_eq!(encode(&ledger).unwrap(), simulated.bytes);
            let header = LedgerHeader::of(&ledger).unwrap();
            assert_eq!(header.sequence, sequence);
            assert_eq!(header.sequence, simulated.sequence);
            assert_eq!(header.hash, simulated.hash);
            assert_eq!(header.previous_hash, simulated.previous_hash);
            assert_eq!(header.close_time_seconds, simulated.close_time_seconds);
            chain.join(&header).unwrap();
        }
    }
}

#[test]
fn the_header_holds_the_hash_of_the_transaction_set() {
    for protocol in PROTOCOLS {
        for simulated in network(options(1, protocol, false)).take(10) {
            let ledger = decode(&simulated.bytes).unwrap();
            let bytes = match &ledger {
                LedgerCloseMeta::V0(ledger) => {
                    let mut bytes = ledger.tx_set.previous_ledger_hash.0.to_vec();
                    for envelope in ledger.tx_set.txs.iter() {
                        bytes.extend(envelope.to_xdr(Limits::none()).unwrap());
                    }
                    bytes
                }
                LedgerCloseMeta::V1(ledger) => ledger.tx_set.to_xdr(Limits::none()).unwrap(),
                LedgerCloseMeta::V2(ledger) => ledger.tx_set.to_xdr(Limits::none()).unwrap(),
            };
            let stated = Hash::from(&header(&ledger).scp_value.tx_set_hash);
            assert_eq!(stated, Hash::of(bytes));
        }
    }
}

#[test]
fn the_form_follows_the_protocol() {
    for (protocol, unified, ledger_form, meta_form) in [
        (11, false, 0, 2),
        (19, false, 0, 2),
        (20, false, 1, 3),
        (22, false, 1, 3),
        (23, false, 2, 4),
        (26, false, 2, 4),
        (11, true, 0, 4),
        (21, true, 1, 4),
        (23, true, 2, 4),
    ] {
        let ledger = network(options(1, protocol, unified)).close_ledger();
        let (form, meta) = match &ledger {
            LedgerCloseMeta::V0(ledger) => (0, &ledger.tx_processing[0].tx_apply_processing),
            LedgerCloseMeta::V1(ledger) => (1, &ledger.tx_processing[0].tx_apply_processing),
            LedgerCloseMeta::V2(ledger) => (2, &ledger.tx_processing[0].tx_apply_processing),
        };
        assert_eq!((form, meta.discriminant()), (ledger_form, meta_form));
    }
}

#[test]
fn an_upgrade_changes_the_form_of_the_next_ledger() {
    let mut options = options(1, 19, false);
    for (sequence, protocol) in [(5, 20), (9, 23)] {
        options
            .upgrades
            .push(ProtocolUpgrade { sequence, protocol });
    }
    let forms: Vec<_> = std::iter::repeat_with({
        let mut network = network(options);
        move || network.close_ledger()
    })
    .take(9)
    .map(|ledger| (ledger.discriminant(), header(&ledger).ledger_version))
    .collect();
    let expected = [
        (0, 19),
        (0, 19),
        (0, 19),
        (0, 20),
        (1, 20),
        (1, 20),
        (1, 20),
        (1, 23),
        (2, 23),
    ];
    assert_eq!(forms, expected);
}

#[test]
fn the_events_explain_every_change_of_a_balance() {
    for seed in seeds() {
        for protocol in PROTOCOLS {
            for unified in [false, true] {
                let mut network = network(options(seed, protocol, unified));
                for _ in 0..ledgers_each() {
                    let ledger = network.close_ledger();
                    let mode = if unified {
                        Mode::Unified
                    } else {
                        Mode::Derived
                    };
                    let events = events(mode, &ledger);
                    if let Err(error) = verify(&ledger, &events) {
                        panic!("seed {seed}, protocol {protocol}, unified {unified}: {error}");
                    }
                }
            }
        }
    }
}

/// The events of each transaction and operation, sorted.
fn by_place(events: &[TokenTransferEvent]) -> BTreeMap<(u32, Option<u32>), Vec<String>> {
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events {
        let place = (event.meta.transaction_index, event.meta.operation_index);
        places.entry(place).or_default().push(event.to_json());
    }
    places.values_mut().for_each(|events| events.sort());
    places
}

#[test]
fn derived_events_are_those_that_core_would_write() {
    for seed in seeds() {
        for protocol in PROTOCOLS {
            let mut network = network(options(seed, protocol, true));
            for _ in 0..ledgers_each() {
                let ledger = network.close_ledger();
                let derived = by_place(&events(Mode::Derived, &ledger));
                let unified = by_place(&events(Mode::Unified, &ledger));
                for (place, expected) in &unified {
                    let found = derived.get(place);
                    assert_eq!(found, Some(expected), "seed {seed}, protocol {protocol}");
                }
                assert_eq!(derived.len(), unified.len());
            }
        }
    }
}
