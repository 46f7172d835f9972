//! What is told of a ledger, as lines.

use flowctl_stellar::token_transfer::{
    DeriveError, EventKind, LedgerEvents, Mode, MuxedInfo, TokenTransferEvent, TokenTransfers,
};

use super::{Tx, ledger, network};

/// The events of a ledger with one transaction.
pub(crate) fn try_told(mode: Mode, protocol: u32, txs: &[Tx]) -> Result<LedgerEvents, DeriveError> {
    TokenTransfers::new(network(), mode).events(&ledger(protocol, txs))
}

/// The events that are no fees, of a ledger with one transaction, derived.
pub(crate) fn derived(protocol: u32, tx: Tx) -> Vec<TokenTransferEvent> {
    let told = try_told(Mode::Derived, protocol, &[tx]).unwrap();
    told.events
        .into_iter()
        .filter(|event| !matches!(event.kind, EventKind::Fee { .. }))
        .collect()
}

/// One line an event: kind, from, to, amount, asset, and what the destination is told.
pub(crate) fn lines(events: &[TokenTransferEvent]) -> Vec<String> {
    events.iter().map(line).collect()
}

fn line(event: &TokenTransferEvent) -> String {
    let kind = &event.kind;
    let mut words = vec![kind.name().to_owned()];
    words.extend(kind.from().map(name));
    words.extend(kind.to().map(|to| format!("→ {}", name(to))));
    words.push(kind.amount().to_string());
    words.push(match kind.asset() {
        Some(flowctl_stellar::Asset::Native) => "XLM".to_owned(),
        Some(flowctl_stellar::Asset::Issued { code, issuer }) => {
            format!("{code}/{}", issuer[0])
        }
        None => "token".to_owned(),
    });
    words.extend(event.meta.to_muxed_info.as_ref().map(|info| match info {
        MuxedInfo::Id(id) => format!("id {id}"),
        MuxedInfo::Text(text) => format!("text {text}"),
        MuxedInfo::Hash(bytes) => format!("hash {}×{}", bytes[0], bytes.len()),
    }));
    words.join(" ")
}

/// `G1` for the account whose key is all ones, and so on.
fn name(address: &flowctl_stellar::Address) -> String {
    use flowctl_stellar::Address;
    match address {
        Address::Account(key) => format!("G{}", key[0]),
        Address::MuxedAccount { account, id } => format!("M{}:{id}", account[0]),
        Address::Contract(id) => format!("C{}", id[0]),
        Address::ClaimableBalance(id) => format!("B{}", id[0]),
        Address::LiquidityPool(id) => format!("L{}", id[0]),
        _ => panic!("an address of a new kind"),
    }
}
