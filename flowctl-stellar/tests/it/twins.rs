//! Derived events against those that stellar-core wrote for the same ledger.

use std::{collections::BTreeMap, path::Path};

use flowctl_stellar::{
    Network,
    token_transfer::{LedgerEvents, Mode, Origin, TokenTransferEvent, TokenTransfers},
};
use stellar_xdr::LedgerCloseMeta;

use crate::ledgers;

fn events(network: &Network, mode: Mode, ledger: &LedgerCloseMeta) -> LedgerEvents {
    TokenTransfers::new(network.clone(), mode)
        .events(ledger)
        .unwrap()
}

type Place = (u32, Option<u32>);

/// The events of each place, in order, and the order of the places.
fn by_place(events: &[TokenTransferEvent]) -> (BTreeMap<Place, Vec<String>>, Vec<Place>) {
    let place =
        |event: &TokenTransferEvent| (event.meta.transaction_index, event.meta.operation_index);
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events {
        places
            .entry(place(event))
            .or_default()
            .push(event.to_json());
    }
    (places, events.iter().map(place).collect())
}

/// The events with the two legs of each trade exchanged; what a path payment ends with stays.
fn with_legs_exchanged(events: &[String]) -> Vec<String> {
    events
        .chunks(2)
        .flat_map(|pair| pair.iter().rev().cloned())
        .collect()
}

/// Equal events at equal places, in the same order but for divergence 1.
fn compare(path: &Path, derived: &LedgerEvents, unified: &LedgerEvents) {
    assert_eq!(
        (derived.origin, unified.origin),
        (Origin::Derived, Origin::Unified)
    );
    let name = path.display();
    let (derived, derived_order) = by_place(&derived.events);
    let (unified, unified_order) = by_place(&unified.events);
    assert_eq!(derived_order, unified_order, "{name}");
    for (place, unified) in &unified {
        let derived = &derived[place];
        if derived != unified {
            assert_eq!(&with_legs_exchanged(derived), unified, "{name}: {place:?}");
        }
    }
}

#[test]
fn deriving_a_plain_ledger_gives_the_events_of_its_twin() {
    let test = "deriving_a_plain_ledger_gives_the_events_of_its_twin";
    let Some(folder) = ledgers::folder(test) else {
        return;
    };
    let network = ledgers::core_tests();
    let (mut twins, mut total) = (0, 0);
    let folder = folder.join("core");
    for path in ledgers::files(&folder, |name| name.contains("enable-classic-events")) {
        let twin = path.to_string_lossy().replace("enable-classic-events-", "");
        let [with_events] = ledgers::read(&path).try_into().unwrap();
        let [plain] = ledgers::read(Path::new(&twin)).try_into().unwrap();
        let derived = events(&network, Mode::Auto, &plain);
        let unified = events(&network, Mode::Auto, &with_events);
        compare(&path, &derived, &unified);
        twins += 1;
        total += derived.events.len();
    }
    assert_eq!((twins, total), (22, 140));
}

#[test]
fn deriving_a_real_ledger_gives_the_events_that_core_wrote() {
    let test = "deriving_a_real_ledger_gives_the_events_that_core_wrote";
    let Some(folder) = ledgers::folder(test) else {
        return;
    };
    let files = ledgers::files(&folder.join("pubnet"), |name| name.ends_with(".xdr.gz"));
    assert_eq!(files.len(), 3);
    for path in files {
        let [ledger] = ledgers::read(&path).try_into().unwrap();
        let derived = events(&Network::pubnet(), Mode::Derived, &ledger);
        let unified = events(&Network::pubnet(), Mode::Auto, &ledger);
        compare(&path, &derived, &unified);
    }
}
