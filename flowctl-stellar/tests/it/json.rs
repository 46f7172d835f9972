//! The text of events: the protobuf JSON mapping.

use flowctl_stellar::{
    Address, Asset, AssetCode, Hash,
    token_transfer::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent},
};
use proptest::prelude::*;
use serde_json::json;

fn event(kind: EventKind, to_muxed_info: Option<MuxedInfo>) -> TokenTransferEvent {
    let meta = EventMeta {
        ledger_sequence: 30_820_015,
        closed_at_seconds: 1_595_884_371,
        tx_hash: Hash([0xab; 32]),
        transaction_index: 3,
        operation_index: Some(1),
        contract_address: Address::Contract([1; 32]),
        to_muxed_info,
    };
    TokenTransferEvent { meta, kind }
}

#[test]
fn an_event_is_written_in_the_protobuf_json_mapping() {
    let (from, to) = (Address::Account([1; 32]), Address::LiquidityPool([2; 32]));
    let code = AssetCode::Four(*b"US\"\0");
    let asset = Some(Asset::Issued {
        code,
        issuer: [3; 32],
    });
    let kind = EventKind::Transfer {
        from,
        to,
        asset,
        amount: i128::MIN,
    };
    let text = event(kind, Some(MuxedInfo::Id(u64::MAX))).to_json();
    let issuer = Address::Account([3; 32]);
    let contract = Address::Contract([1; 32]);
    let hash = "ab".repeat(32);
    let expected = format!(
        r#"{{"meta":{{"ledger_sequence":30820015,"closed_at":"2020-07-27T21:12:51Z","tx_hash":"{hash}","transaction_index":3,"operation_index":1,"contract_address":"{contract}","to_muxed_info":{{"id":"18446744073709551615"}}}},"transfer":{{"from":"{from}","to":"{to}","asset":{{"issued_asset":{{"asset_code":"US\"","issuer":"{issuer}"}}}},"amount":"-170141183460469231731687303715884105728"}}}}"#
    );
    assert_eq!(text, expected);
}

#[test]
fn what_is_absent_is_left_out() {
    let mut fee = event(
        EventKind::Fee {
            from: Address::Account([1; 32]),
            asset: Some(Asset::Native),
            amount: -7,
        },
        None,
    );
    fee.meta.operation_index = None;
    let value: serde_json::Value = serde_json::from_str(&fee.to_json()).unwrap();
    let from = Address::Account([1; 32]).to_string();
    let asset = json!({"native": true});
    assert_eq!(
        value["fee"],
        json!({"from": from, "asset": asset, "amount": "-7"})
    );
    assert_eq!(value["meta"].get("operation_index"), None);
    assert_eq!(value["meta"].get("to_muxed_info"), None);
    let to = Address::Contract([1; 32]);
    let token = event(
        EventKind::Mint {
            to,
            asset: None,
            amount: 0,
        },
        None,
    );
    let value: serde_json::Value = serde_json::from_str(&token.to_json()).unwrap();
    assert_eq!(value["mint"], json!({"to": to.to_string(), "amount": "0"}));
}

#[test]
fn bytes_are_base64_and_text_is_escaped() {
    let to = Address::Account([1; 32]);
    let written = |info| {
        let event = event(
            EventKind::Mint {
                to,
                asset: None,
                amount: 0,
            },
            Some(info),
        );
        let value: serde_json::Value = serde_json::from_str(&event.to_json()).unwrap();
        value["meta"]["to_muxed_info"].clone()
    };
    assert_eq!(
        written(MuxedInfo::Hash(vec![0xff, 0xfe])),
        json!({"hash": "//4="})
    );
    let text = "a\"\\\n\u{1}ü";
    assert_eq!(
        written(MuxedInfo::Text(text.to_owned())),
        json!({"text": text})
    );
}

#[test]
fn a_number_of_64_bits_is_read_from_either_form() {
    let text = event(
        EventKind::Burn {
            from: Address::Account([1; 32]),
            asset: None,
            amount: 0,
        },
        Some(MuxedInfo::Id(7)),
    );
    let bare = text.to_json().replace(r#"{"id":"7"}"#, r#"{"id":7}"#);
    assert_eq!(
        serde_json::from_str::<TokenTransferEvent>(&bare).unwrap(),
        text
    );
}

#[test]
fn an_event_of_no_kind_or_of_two_is_refused() {
    let from = Address::Account([1; 32]);
    let json = event(
        EventKind::Burn {
            from,
            asset: None,
            amount: 0,
        },
        None,
    )
    .to_json();
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    value["fee"] = value["burn"].clone();
    assert!(serde_json::from_value::<TokenTransferEvent>(value.clone()).is_err());
    let fields = value.as_object_mut().unwrap();
    fields.remove("fee");
    fields.remove("burn");
    let error = serde_json::from_value::<TokenTransferEvent>(value)
        .unwrap_err()
        .to_string();
    assert!(error.contains("expected one of `transfer`"), "{error}");
}

fn any_address() -> impl Strategy<Value = Address> {
    (any::<[u8; 32]>(), any::<u64>(), 0..5u8).prop_map(|(key, id, kind)| match kind {
        0 => Address::Account(key),
        1 => Address::MuxedAccount { account: key, id },
        2 => Address::Contract(key),
        3 => Address::ClaimableBalance(key),
        _ => Address::LiquidityPool(key),
    })
}

fn any_asset() -> impl Strategy<Value = Option<Asset>> {
    let issued = ("[ -~]{1,12}", any::<[u8; 32]>()).prop_map(|(code, issuer)| {
        let code = AssetCode::from_bytes(code.as_bytes()).unwrap();
        Asset::Issued { code, issuer }
    });
    prop::option::of(prop_oneof![Just(Asset::Native), issued])
}

prop_compose! {
    fn any_event()(
        (ledger_sequence, closed_at_seconds, tx_hash, transaction_index, operation_index)
            in (any::<u32>(), 0..253_402_300_800_u64, any::<[u8; 32]>(), any::<u32>(), any::<Option<u32>>()),
        contract in any::<[u8; 32]>(),
        to_muxed_info in prop::option::of(prop_oneof![
            any::<String>().prop_map(MuxedInfo::Text),
            any::<u64>().prop_map(MuxedInfo::Id),
            any::<Vec<u8>>().prop_map(MuxedInfo::Hash),
        ]),
        (from, to, asset, amount) in (any_address(), any_address(), any_asset(), any::<i128>()),
        kind in 0..5u8,
    ) -> TokenTransferEvent {
        let kind = match kind {
            0 => EventKind::Transfer { from, to, asset, amount },
            1 => EventKind::Mint { to, asset, amount },
            2 => EventKind::Burn { from, asset, amount },
            3 => EventKind::Clawback { from, asset, amount },
            _ => EventKind::Fee { from, asset, amount },
        };
        let meta = EventMeta {
            ledger_sequence,
            closed_at_seconds,
            tx_hash: Hash(tx_hash),
            transaction_index,
            operation_index,
            contract_address: Address::Contract(contract),
            to_muxed_info,
        };
        TokenTransferEvent { meta, kind }
    }
}

proptest! {
    #[test]
    fn the_fast_writer_writes_what_serde_writes(event in any_event()) {
        prop_assert_eq!(event.to_json(), serde_json::to_string(&event).unwrap());
    }

    #[test]
    fn an_event_survives_its_text(event in any_event()) {
        let read: TokenTransferEvent = serde_json::from_str(&event.to_json()).unwrap();
        prop_assert_eq!(&read, &event);
        let owned: serde_json::Value = serde_json::from_str(&event.to_json()).unwrap();
        let read: TokenTransferEvent = serde_json::from_value(owned).unwrap();
        prop_assert_eq!(read, event);
    }
}
