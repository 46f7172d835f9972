use flowctl_core::{
    ComponentId,
    component::ComponentError,
    event::{Codecs, Event},
};
use jiff::Timestamp;
use rusqlite::{Statement, named_params};

use crate::{
    Address, Asset,
    token_transfer::{MuxedInfo, TokenTransferEvent},
};

/// Takes a row as it is named in the schema.
pub(super) const INSERT: &str = "INSERT INTO events (
    source, ledger_sequence, event_index, branch, closed_at, tx_hash, transaction_index,
    operation_index, kind, from_account, to_account, asset, asset_code, asset_issuer, amount,
    contract_address, to_muxed_kind, to_muxed
) VALUES (
    :source, :ledger_sequence, :event_index, :branch, :closed_at, :tx_hash, :transaction_index,
    :operation_index, :kind, :from_account, :to_account, :asset, :asset_code, :asset_issuer, :amount,
    :contract_address, :to_muxed_kind, :to_muxed
)";

/// Inserts an event with a statement of [`INSERT`]. The outer error is the event's.
pub(super) fn insert(
    statement: &mut Statement<'_>,
    source: &ComponentId,
    event: &Event,
    codecs: &Codecs,
) -> Result<rusqlite::Result<()>, ComponentError> {
    let refuse = || {
        let events = vec![(event.sequence(), event.path().clone())];
        ComponentError::skip("an event is no token transfer that can be stored", events)
    };
    let transfer = codecs
        .read::<TokenTransferEvent>(event)
        .map_err(|error| refuse().caused_by(error))?;
    let TokenTransferEvent { meta, kind } = &*transfer;
    let closed_at = i64::try_from(meta.closed_at_seconds)
        .map_err(|error| refuse().caused_by(error))
        .and_then(|seconds| {
            Timestamp::from_second(seconds).map_err(|error| refuse().caused_by(error))
        })?;
    let (event_index, branch) = match event.path().steps().split_first() {
        Some((first, rest)) => (
            *first,
            rest.iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join("."),
        ),
        None => (0, String::new()),
    };
    let (code, issuer) = match kind.asset() {
        Some(Asset::Issued { code, issuer }) => (
            Some(code.to_text()),
            Some(Address::Account(*issuer).to_string()),
        ),
        Some(Asset::Native) | None => (None, None),
    };
    let (muxed_kind, muxed) = match &meta.to_muxed_info {
        Some(MuxedInfo::Text(text)) => (Some("text"), Some(text.clone())),
        Some(MuxedInfo::Id(id)) => (Some("id"), Some(id.to_string())),
        Some(MuxedInfo::Hash(hash)) => (Some("hash"), Some(hexadecimal(hash))),
        None => (None, None),
    };
    Ok(statement
        .execute(named_params! {
            ":source": source.as_str(),
            ":ledger_sequence": meta.ledger_sequence,
            ":event_index": event_index,
            ":branch": branch,
            ":closed_at": closed_at.to_string(),
            ":tx_hash": meta.tx_hash.to_string(),
            ":transaction_index": meta.transaction_index,
            ":operation_index": meta.operation_index,
            ":kind": kind.name(),
            ":from_account": kind.from().map(Address::to_string),
            ":to_account": kind.to().map(Address::to_string),
            ":asset": kind.asset().map(Asset::to_string),
            ":asset_code": code,
            ":asset_issuer": issuer,
            ":amount": kind.amount().to_string(),
            ":contract_address": meta.contract_address.to_string(),
            ":to_muxed_kind": muxed_kind,
            ":to_muxed": muxed,
        })
        .map(drop))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
