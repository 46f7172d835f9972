//! The JSON printer against the bytes of the Go processor's own printer.
//!
//! `events.jsonl` was printed by `benches/peers/go-ttp/protojson`; this builds the same events in the
//! same order.

use flowctl_stellar::{
    Address, Asset, AssetCode, Hash,
    token_transfer::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent},
};

const PRINTED: &str = include_str!("events.jsonl");

const ALICE: Address = Address::Account([1; 32]);
const BOB: Address = Address::Account([2; 32]);
const CONTRACT: Address = Address::Contract([4; 32]);

#[test]
fn events_are_printed_byte_for_byte_as_the_go_processor_prints_them() {
    let printed: Vec<&str> = PRINTED.lines().collect();
    let events = events();
    assert_eq!(events.len(), printed.len());
    for (event, line) in events.iter().zip(printed) {
        assert_eq!(event.to_json(), line);
        assert_eq!(serde_json::to_string(event).unwrap(), line);
    }
}

#[test]
fn events_that_the_go_processor_printed_are_read_back() {
    for (event, line) in events().iter().zip(PRINTED.lines()) {
        assert_eq!(
            &serde_json::from_str::<TokenTransferEvent>(line).unwrap(),
            event
        );
    }
}

fn events() -> Vec<TokenTransferEvent> {
    let native = Some(Asset::Native);
    let usd = issued(b"USD");
    let token = |kind| event(Some(1), None, kind);
    vec![
        event(
            None,
            None,
            EventKind::Fee {
                from: ALICE,
                asset: native,
                amount: 100,
            },
        ),
        event(
            None,
            None,
            EventKind::Fee {
                from: ALICE,
                asset: native,
                amount: -7,
            },
        ),
        token(transfer(ALICE, BOB, native, 1)),
        token(transfer(ALICE, BOB, usd, 0)),
        event(
            Some(2),
            None,
            EventKind::Mint {
                to: BOB,
                asset: issued(b"LONGCODE1234"),
                amount: i64::MAX.into(),
            },
        ),
        event(
            Some(3),
            None,
            EventKind::Burn {
                from: ALICE,
                asset: usd,
                amount: i128::MAX,
            },
        ),
        event(
            Some(100),
            None,
            EventKind::Clawback {
                from: ALICE,
                asset: usd,
                amount: 5,
            },
        ),
        token(transfer(ALICE, BOB, None, i128::MIN)),
        token(EventKind::Mint {
            to: BOB,
            asset: None,
            amount: 1,
        }),
        token(EventKind::Burn {
            from: ALICE,
            asset: None,
            amount: 1,
        }),
        token(EventKind::Clawback {
            from: ALICE,
            asset: None,
            amount: 1,
        }),
        told(MuxedInfo::Id(0)),
        told(MuxedInfo::Id(42)),
        told(MuxedInfo::Id(u64::MAX)),
        told(MuxedInfo::Hash(vec![])),
        told(MuxedInfo::Hash(vec![0])),
        told(MuxedInfo::Hash(vec![0xfb, 0xef, 0xbe, 0xff])),
        told(MuxedInfo::Hash(counting(32))),
        told(MuxedInfo::Hash(counting(40))),
        told_text(""),
        told_text("rent for May"),
        told_text(r#""quoted" \ and / too"#),
        told_text("\x00\x01\x08\t\n\x0b\x0c\r\x1b\x1f\x7f"),
        told_text("<b>&amp;'</b>"),
        told_text("\u{80}\u{9f}\u{a0}é ß 漢字 🚀 \u{2028}\u{2029} \u{feff}\u{fffd}"),
        token(transfer(
            Address::MuxedAccount {
                account: [1; 32],
                id: 9,
            },
            Address::LiquidityPool([5; 32]),
            usd,
            1,
        )),
        token(transfer(
            Address::ClaimableBalance([6; 32]),
            CONTRACT,
            usd,
            1,
        )),
        at(1, 0, 1, Some(0)),
        at(u32::MAX, 253_402_300_799, u32::MAX, Some(u32::MAX)),
    ]
}

fn event(
    operation_index: Option<u32>,
    to_muxed_info: Option<MuxedInfo>,
    kind: EventKind,
) -> TokenTransferEvent {
    let mut tx_hash = [0; 32];
    tx_hash[31] = 0xff;
    let meta = EventMeta {
        ledger_sequence: 51_000_294,
        closed_at_seconds: 1_710_000_000,
        tx_hash: Hash(tx_hash),
        transaction_index: 3,
        operation_index,
        contract_address: CONTRACT,
        to_muxed_info,
    };
    TokenTransferEvent { meta, kind }
}

/// A fee of nothing at the given place.
fn at(
    ledger_sequence: u32,
    closed_at_seconds: u64,
    transaction_index: u32,
    operation_index: Option<u32>,
) -> TokenTransferEvent {
    let kind = EventKind::Fee {
        from: ALICE,
        asset: Some(Asset::Native),
        amount: 0,
    };
    let TokenTransferEvent { meta, kind } = event(operation_index, None, kind);
    let meta = EventMeta {
        ledger_sequence,
        closed_at_seconds,
        transaction_index,
        ..meta
    };
    TokenTransferEvent { meta, kind }
}

fn told(info: MuxedInfo) -> TokenTransferEvent {
    event(
        Some(1),
        Some(info),
        transfer(ALICE, BOB, Some(Asset::Native), 1),
    )
}

fn told_text(text: &str) -> TokenTransferEvent {
    told(MuxedInfo::Text(text.to_owned()))
}

const fn transfer(from: Address, to: Address, asset: Option<Asset>, amount: i128) -> EventKind {
    EventKind::Transfer {
        from,
        to,
        asset,
        amount,
    }
}

fn issued(code: &[u8]) -> Option<Asset> {
    AssetCode::from_bytes(code).map(|code| Asset::Issued {
        code,
        issuer: [3; 32],
    })
}

fn counting(length: u8) -> Vec<u8> {
    (0..length).map(|index| index.wrapping_mul(7)).collect()
}
