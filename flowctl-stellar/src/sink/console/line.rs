use flowctl_core::event::{Codecs, Event};
use jiff::Timestamp;

use super::ConsoleFormat;
use crate::{
    Address, Asset, processor::TOKEN_TRANSFER_EVENT_TYPE, token_transfer::TokenTransferEvent,
};

/// Appends an event as one line. What cannot be shown as asked is shown by its type and size.
pub(super) fn write_line(event: &Event, format: ConsoleFormat, codecs: &Codecs, out: &mut Vec<u8>) {
    let before = out.len();
    match format {
        ConsoleFormat::Json => {
            if codecs.write_json(event, out).is_err() {
                out.truncate(before);
                out.extend(outline_json(event).into_bytes());
            }
        }
        ConsoleFormat::Text => {
            let transfer = (event.event_type().as_str() == TOKEN_TRANSFER_EVENT_TYPE)
                .then(|| codecs.read::<TokenTransferEvent>(event).ok());
            let line = match transfer.flatten() {
                Some(transfer) => transfer_text(&transfer),
                None => outline_text(event),
            };
            out.extend(line.into_bytes());
        }
    }
    out.push(b'\n');
}

fn transfer_text(event: &TokenTransferEvent) -> String {
    let TokenTransferEvent { meta, kind } = event;
    let closed_at = i64::try_from(meta.closed_at_seconds)
        .ok()
        .and_then(|seconds| {
            Timestamp::from_second(seconds)
                .ok()
                .map(|time| time.to_string())
        });
    let place = match meta.operation_index {
        Some(operation) => format!(
            "{}/{}/{operation}",
            meta.ledger_sequence, meta.transaction_index
        ),
        None => format!("{}/{}", meta.ledger_sequence, meta.transaction_index),
    };
    let amount = match kind.asset() {
        Some(asset) => format!("{} {}", tokens(kind.amount()), label(asset)),
        None => format!("{} of {}", kind.amount(), short(&meta.contract_address)),
    };
    let ends = match (kind.from(), kind.to()) {
        (Some(from), Some(to)) => format!("{} → {}", short(from), short(to)),
        (Some(from), None) => format!("from {}", short(from)),
        (None, Some(to)) => format!("to {}", short(to)),
        (None, None) => String::new(),
    };
    let closed_at = closed_at.unwrap_or_default();
    format!(
        "{closed_at}  {place:<16}  {:<8}  {amount:<28}  {ends}",
        kind.name()
    )
}

fn outline_text(event: &Event) -> String {
    let (sequence, path) = (event.sequence(), event.path());
    let dot = if path.steps().is_empty() { "" } else { "." };
    format!(
        "{} {sequence}{dot}{path}, {} bytes",
        event.event_type(),
        event.payload().size()
    )
}

fn outline_json(event: &Event) -> String {
    // Types and paths hold no character that JSON escapes.
    format!(
        r#"{{"type":"{}","sequence":{},"path":"{}","bytes":{}}}"#,
        event.event_type(),
        event.sequence(),
        event.path(),
        event.payload().size()
    )
}

/// An amount of a classic asset in whole tokens: seven decimal places, without zeros at the end.
fn tokens(amount: i128) -> String {
    const UNITS: u128 = 10_000_000;
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, rest) = (amount.unsigned_abs() / UNITS, amount.unsigned_abs() % UNITS);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    format!(
        "{sign}{whole}.{}",
        format!("{rest:07}").trim_end_matches('0')
    )
}

fn label(asset: &Asset) -> String {
    match asset {
        Asset::Native => "XLM".to_owned(),
        Asset::Issued { code, .. } => code
            .to_text()
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect(),
    }
}

/// The ends of an address, which tell it apart at a glance.
fn short(address: &Address) -> String {
    let text = address.to_string();
    match (
        text.get(..4),
        text.len().checked_sub(4).and_then(|end| text.get(end..)),
    ) {
        (Some(start), Some(end)) => format!("{start}…{end}"),
        _ => text,
    }
}
