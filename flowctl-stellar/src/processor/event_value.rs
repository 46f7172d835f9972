use flowctl_core::{BoxError, event::EventValue};

use super::{
    TOKEN_TRANSFER_EVENT_TYPE,
    protobuf::{Fields, put_bytes, put_number, put_set_bytes, put_set_number},
};
use crate::{
    Address, Asset, AssetCode,
    token_transfer::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent},
};

/// The binary form is the protobuf message `token_transfer.TokenTransferEvent`.
///
/// Asset codes are text in it, so a code that is not UTF-8 comes back with U+FFFD in place of what is
/// not, as in JSON. Every other event comes back as it was.
///
/// # Source
///
/// go-stellar-sdk v0.7.3, `token_transfer_event.proto` and `asset.proto`.
impl EventValue for TokenTransferEvent {
    const EVENT_TYPE: &'static str = TOKEN_TRANSFER_EVENT_TYPE;

    fn encode(&self, out: &mut Vec<u8>) {
        let mut part = Vec::with_capacity(256);
        encode_meta(&self.meta, &mut part);
        put_set_bytes(out, 1, &part);
        part.clear();
        encode_kind(&self.kind, &mut part);
        put_set_bytes(out, kind_field(&self.kind), &part);
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        let (mut meta, mut kind) = (None, None);
        let mut fields = Fields(bytes);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => meta = Some(decode_meta(value.bytes()?)?),
                2..=6 => kind = Some(decode_kind(field, value.bytes()?)?),
                _ => {}
            }
        }
        let meta = meta.ok_or("the event has no `meta`")?;
        Ok(Self {
            meta,
            kind: kind.ok_or("the event is of no kind")?,
        })
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        Self::write_json(self, out);
    }
}

const fn kind_field(kind: &EventKind) -> u32 {
    match kind {
        EventKind::Transfer { .. } => 2,
        EventKind::Mint { .. } => 3,
        EventKind::Burn { .. } => 4,
        EventKind::Clawback { .. } => 5,
        EventKind::Fee { .. } => 6,
    }
}

fn encode_meta(meta: &EventMeta, out: &mut Vec<u8>) {
    put_number(out, 1, meta.ledger_sequence.into());
    let mut closed_at = Vec::new();
    put_number(&mut closed_at, 1, meta.closed_at_seconds);
    put_set_bytes(out, 2, &closed_at);
    put_bytes(out, 3, meta.tx_hash.to_string().as_bytes());
    put_number(out, 4, meta.transaction_index.into());
    if let Some(operation_index) = meta.operation_index {
        put_set_number(out, 5, operation_index.into());
    }
    put_bytes(out, 6, meta.contract_address.to_string().as_bytes());
    if let Some(info) = &meta.to_muxed_info {
        let mut content = Vec::new();
        match info {
            MuxedInfo::Text(text) => put_set_bytes(&mut content, 1, text.as_bytes()),
            MuxedInfo::Id(id) => put_set_number(&mut content, 2, *id),
            MuxedInfo::Hash(hash) => put_set_bytes(&mut content, 3, hash),
        }
        put_set_bytes(out, 7, &content);
    }
}

fn decode_meta(bytes: &[u8]) -> Result<EventMeta, BoxError> {
    let (mut ledger_sequence, mut closed_at_seconds, mut transaction_index) = (0, 0, 0);
    let (mut tx_hash, mut operation_index, mut contract_address) = (None, None, None);
    let mut to_muxed_info = None;
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => ledger_sequence = value.number()?,
            2 => closed_at_seconds = decode_seconds(value.bytes()?)?,
            3 => tx_hash = Some(value.text()?.parse()?),
            4 => transaction_index = value.number()?,
            5 => operation_index = Some(value.number()?),
            6 => contract_address = Some(value.text()?.parse()?),
            7 => to_muxed_info = decode_muxed_info(value.bytes()?)?,
            _ => {}
        }
    }
    Ok(EventMeta {
        ledger_sequence,
        closed_at_seconds,
        tx_hash: tx_hash.ok_or("the event has no `tx_hash`")?,
        transaction_index,
        operation_index,
        contract_address: contract_address.ok_or("the event has no `contract_address`")?,
        to_muxed_info,
    })
}

/// The seconds of a `google.protobuf.Timestamp`; ledgers close at whole seconds.
fn decode_seconds(bytes: &[u8]) -> Result<u64, BoxError> {
    let mut seconds = 0;
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        if field == 1 {
            seconds = value.number()?;
        }
    }
    Ok(seconds)
}

fn decode_muxed_info(bytes: &[u8]) -> Result<Option<MuxedInfo>, BoxError> {
    let mut info = None;
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => info = Some(MuxedInfo::Text(value.text()?.to_owned())),
            2 => info = Some(MuxedInfo::Id(value.number()?)),
            3 => info = Some(MuxedInfo::Hash(value.bytes()?.to_owned())),
            _ => {}
        }
    }
    Ok(info)
}

/// The fields of each kind are numbered without gaps, and only a transfer has both ends.
fn encode_kind(kind: &EventKind, out: &mut Vec<u8>) {
    let ends = [kind.from(), kind.to()];
    let mut field = 1;
    for end in ends.into_iter().flatten() {
        put_bytes(out, field, end.to_string().as_bytes());
        field += 1;
    }
    if let Some(asset) = kind.asset() {
        let mut part = Vec::new();
        encode_asset(asset, &mut part);
        put_set_bytes(out, field, &part);
    }
    put_bytes(out, field + 1, kind.amount().to_string().as_bytes());
}

fn decode_kind(kind: u64, bytes: &[u8]) -> Result<EventKind, BoxError> {
    let ends = if kind == 2 { 2 } else { 1 };
    let (mut first, mut second) = (None, None);
    let (mut asset, mut amount) = (None, None);
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => first = Some(value.text()?.parse::<Address>()?),
            2 if ends == 2 => second = Some(value.text()?.parse::<Address>()?),
            _ if field == ends + 1 => asset = Some(decode_asset(value.bytes()?)?),
            _ if field == ends + 2 => amount = Some(value.text()?.parse()?),
            _ => {}
        }
    }
    let amount = amount.ok_or("the event has no `amount`")?;
    let first = first.ok_or("the event names no account")?;
    Ok(match kind {
        2 => {
            let to = second.ok_or("the event has no `to`")?;
            EventKind::Transfer {
                from: first,
                to,
                asset,
                amount,
            }
        }
        3 => EventKind::Mint {
            to: first,
            asset,
            amount,
        },
        4 => EventKind::Burn {
            from: first,
            asset,
            amount,
        },
        5 => EventKind::Clawback {
            from: first,
            asset,
            amount,
        },
        _ => EventKind::Fee {
            from: first,
            asset,
            amount,
        },
    })
}

fn encode_asset(asset: &Asset, out: &mut Vec<u8>) {
    match asset {
        Asset::Native => put_set_number(out, 1, 1),
        Asset::Issued { code, issuer } => {
            let mut part = Vec::new();
            put_bytes(&mut part, 1, code.to_text().as_bytes());
            put_bytes(
                &mut part,
                2,
                Address::Account(*issuer).to_string().as_bytes(),
            );
            put_set_bytes(out, 2, &part);
        }
    }
}

fn decode_asset(bytes: &[u8]) -> Result<Asset, BoxError> {
    let mut asset = None;
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => asset = Some(Asset::Native),
            2 => asset = Some(decode_issued(value.bytes()?)?),
            _ => {}
        }
    }
    asset.ok_or_else(|| "the asset is of no kind".into())
}

fn decode_issued(bytes: &[u8]) -> Result<Asset, BoxError> {
    let (mut code, mut issuer) = ("", None);
    let mut fields = Fields(bytes);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => code = value.text()?,
            2 => issuer = Some(value.text()?.parse()?),
            _ => {}
        }
    }
    let code =
        AssetCode::from_bytes(code.as_bytes()).ok_or("the asset code is longer than 12 bytes")?;
    match issuer {
        Some(Address::Account(issuer)) => Ok(Asset::Issued { code, issuer }),
        _ => Err("the asset's issuer is not an account".into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Hash;

    fn address() -> impl Strategy<Value = Address> {
        any::<[u8; 32]>().prop_map(Address::Account)
    }

    fn asset() -> impl Strategy<Value = Option<Asset>> {
        let issued =
            ("[A-Za-z0-9]{1,12}", any::<[u8; 32]>()).prop_map(|(code, issuer)| Asset::Issued {
                code: AssetCode::from_bytes(code.as_bytes()).unwrap(),
                issuer,
            });
        prop_oneof![Just(None), Just(Some(Asset::Native)), issued.prop_map(Some)]
    }

    fn kind() -> impl Strategy<Value = EventKind> {
        (0..5, address(), address(), asset(), any::<i128>()).prop_map(
            |(kind, from, to, asset, amount)| match kind {
                0 => EventKind::Transfer {
                    from,
                    to,
                    asset,
                    amount,
                },
                1 => EventKind::Mint { to, asset, amount },
                2 => EventKind::Burn {
                    from,
                    asset,
                    amount,
                },
                3 => EventKind::Clawback {
                    from,
                    asset,
                    amount,
                },
                _ => EventKind::Fee {
                    from,
                    asset,
                    amount,
                },
            },
        )
    }

    fn muxed_info() -> impl Strategy<Value = Option<MuxedInfo>> {
        prop_oneof![
            Just(None),
            ".{0,9}".prop_map(|text| Some(MuxedInfo::Text(text))),
            any::<u64>().prop_map(|id| Some(MuxedInfo::Id(id))),
            any::<Vec<u8>>().prop_map(|hash| Some(MuxedInfo::Hash(hash))),
        ]
    }

    prop_compose! {
        fn event()(
            ledger_sequence: u32,
            closed_at_seconds in 0..=253_402_300_799_u64,
            hash: [u8; 32],
            transaction_index: u32,
            operation_index: Option<u32>,
            contract_address in address(),
            to_muxed_info in muxed_info(),
            kind in kind(),
        ) -> TokenTransferEvent {
            TokenTransferEvent {
                meta: EventMeta {
                    ledger_sequence,
                    closed_at_seconds,
                    tx_hash: Hash(hash),
                    transaction_index,
                    operation_index,
                    contract_address,
                    to_muxed_info,
                },
                kind,
            }
        }
    }

    proptest! {
        #[test]
        fn an_event_comes_back_from_its_bytes(event in event()) {
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            prop_assert_eq!(TokenTransferEvent::decode(&bytes).unwrap(), event);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, event in event(), at in any::<prop::sample::Index>()) {
            let _ = TokenTransferEvent::decode(&bytes);
            let mut changed = Vec::new();
            event.encode(&mut changed);
            let at = at.index(changed.len());
            changed[at] ^= 0x11;
            let _ = TokenTransferEvent::decode(&changed);
            let _ = TokenTransferEvent::decode(&changed[..at]);
        }
    }

    #[test]
    fn the_bytes_are_those_that_protobuf_gives() {
        let event = TokenTransferEvent {
            meta: EventMeta {
                ledger_sequence: 300,
                closed_at_seconds: 1,
                tx_hash: Hash([0xab; 32]),
                transaction_index: 1,
                operation_index: None,
                contract_address: Address::Contract([0; 32]),
                to_muxed_info: None,
            },
            kind: EventKind::Fee {
                from: Address::Account([0; 32]),
                asset: Some(Asset::Native),
                amount: -5,
            },
        };
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        let mut expected = vec![
            0x0a, 133, 1, 0x08, 0xac, 0x02, 0x12, 0x02, 0x08, 0x01, 0x1a, 64,
        ];
        expected.extend("ab".repeat(32).bytes());
        expected.extend([0x20, 0x01, 0x32, 56]);
        expected.extend(Address::Contract([0; 32]).to_string().bytes());
        expected.extend([0x32, 66, 0x0a, 56]);
        expected.extend(Address::Account([0; 32]).to_string().bytes());
        expected.extend([0x12, 0x02, 0x08, 0x01, 0x1a, 0x02, b'-', b'5']);
        assert_eq!(bytes, expected);
    }
}
