use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent, close_time};
use crate::{Address, Asset};

impl TokenTransferEvent {
    /// Appends the event as one JSON object, without a line break: the protobuf JSON mapping with the
    /// names of the `.proto` file, in the order of its fields, absent fields left out.
    ///
    /// These are the bytes that serde writes, at a fraction of the cost.
    ///
    /// ```json
    /// {"meta":{"ledger_sequence":30820015,"closed_at":"2020-07-27T21:12:51Z","tx_hash":"b2f0…","transaction_index":3,
    ///  "operation_index":1,"contract_address":"CAS3…","to_muxed_info":{"id":"7"}},
    ///  "transfer":{"from":"GA5O…","to":"GA76…","asset":{"native":true},"amount":"100"}}
    /// ```
    pub fn write_json(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(b"{\"meta\":");
        meta(&self.meta, to);
        kind(&self.kind, to);
        to.push(b'}');
    }

    /// The event as one JSON object; see [`write_json`](Self::write_json).
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Vec::with_capacity(640);
        self.write_json(&mut json);
        String::from_utf8_lossy(&json).into_owned()
    }
}

fn meta(meta: &EventMeta, to: &mut Vec<u8>) {
    to.extend_from_slice(b"{\"ledger_sequence\":");
    number(meta.ledger_sequence, to);
    to.extend_from_slice(b",\"closed_at\":\"");
    close_time::write(meta.closed_at_seconds, to);
    to.extend_from_slice(b"\",\"tx_hash\":\"");
    to.extend_from_slice(&meta.tx_hash.to_hex());
    to.extend_from_slice(b"\",\"transaction_index\":");
    number(meta.transaction_index, to);
    if let Some(index) = meta.operation_index {
        to.extend_from_slice(b",\"operation_index\":");
        number(index, to);
    }
    to.extend_from_slice(b",\"contract_address\":");
    address(&meta.contract_address, to);
    if let Some(info) = &meta.to_muxed_info {
        to.extend_from_slice(b",\"to_muxed_info\":");
        muxed_info(info, to);
    }
    to.push(b'}');
}

fn muxed_info(info: &MuxedInfo, to: &mut Vec<u8>) {
    match info {
        MuxedInfo::Text(content) => {
            to.extend_from_slice(b"{\"text\":");
            text(content, to);
        }
        MuxedInfo::Id(id) => {
            to.extend_from_slice(b"{\"id\":\"");
            number(*id, to);
            to.push(b'"');
        }
        MuxedInfo::Hash(bytes) => {
            to.extend_from_slice(b"{\"hash\":\"");
            to.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            to.push(b'"');
        }
    }
    to.push(b'}');
}

fn kind(kind: &EventKind, to: &mut Vec<u8>) {
    to.extend_from_slice(b",\"");
    to.extend_from_slice(kind.name().as_bytes());
    to.extend_from_slice(b"\":{");
    if let Some(from) = kind.from() {
        to.extend_from_slice(b"\"from\":");
        address(from, to);
        to.push(b',');
    }
    if let Some(destination) = kind.to() {
        to.extend_from_slice(b"\"to\":");
        address(destination, to);
        to.push(b',');
    }
    if let Some(moved) = kind.asset() {
        to.extend_from_slice(b"\"asset\":");
        asset(moved, to);
        to.push(b',');
    }
    to.extend_from_slice(b"\"amount\":\"");
    number(kind.amount(), to);
    to.extend_from_slice(b"\"}");
}

fn asset(asset: &Asset, to: &mut Vec<u8>) {
    match asset {
        Asset::Native => to.extend_from_slice(b"{\"native\":true}"),
        Asset::Issued { code, issuer } => {
            to.extend_from_slice(b"{\"issued_asset\":{");
            let code = code.to_text();
            if !code.is_empty() {
                to.extend_from_slice(b"\"asset_code\":");
                text(&code, to);
                to.push(b',');
            }
            to.extend_from_slice(b"\"issuer\":");
            address(&Address::Account(*issuer), to);
            to.extend_from_slice(b"}}");
        }
    }
}

fn address(address: &Address, to: &mut Vec<u8>) {
    to.push(b'"');
    address.with_text(|text| to.extend_from_slice(text.as_bytes()));
    to.push(b'"');
}

fn number(number: impl std::fmt::Display, to: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _written = write!(to, "{number}");
}

fn text(text: &str, to: &mut Vec<u8>) {
    // A string always serialises, and writing to memory does not fail.
    let _written = serde_json::to_writer(to, text);
}
