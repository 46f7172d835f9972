use stellar_xdr::{ContractEvent, ScVal};

use super::{
    super::{
        EventKind,
        emitter::{Emitter, Note},
    },
    Rejections,
    layout::Layout,
    parse::{TokenEvent, parse},
};
use crate::{Asset, ContractIds};

/// Appends the token event that a contract's event is, if it is one.
///
/// Its asset is told only where the contract is provably that asset's. In the older layout the Stellar
/// Asset Contract wrote transfers also for what is a mint or a burn; the issuer rule sorts them out.
pub(in crate::token_transfer) fn emit(
    event: &ContractEvent,
    layout: Layout,
    emitter: &mut Emitter<'_>,
    rejected: &mut Rejections,
) {
    let event = match parse(event, layout) {
        Ok(Some(event)) => event,
        Ok(None) => return,
        Err(reason) => return rejected.add(reason),
    };
    let asset = asset(&event, layout, emitter.contracts);
    match (event.kind, asset, layout) {
        (
            EventKind::Transfer {
                from, to, amount, ..
            },
            Some(asset),
            Layout::WithAdministrator,
        ) => emitter.movement(asset, from, to, amount, Note::None),
        (kind, asset, _) => emitter.push(event.contract, with_asset(kind, asset), event.info),
    }
}

/// The classic asset whose contract wrote the event: the last topic names it, and its contract id is
/// the event's. Any contract can name any asset, so the id has to match.
fn asset(event: &TokenEvent<'_>, layout: Layout, contracts: &mut ContractIds) -> Option<Asset> {
    if event.topics.len() != layout.asset_contract_topics(event.name) {
        return None;
    }
    let Some(ScVal::String(topic)) = event.topics.last() else {
        return None;
    };
    let asset = Asset::from_topic(topic.0.as_slice())?;
    (contracts.of(&asset) == event.contract).then_some(asset)
}

const fn with_asset(kind: EventKind, asset: Option<Asset>) -> EventKind {
    match kind {
        EventKind::Transfer {
            from, to, amount, ..
        } => EventKind::Transfer {
            from,
            to,
            asset,
            amount,
        },
        EventKind::Mint { to, amount, .. } => EventKind::Mint { to, asset, amount },
        EventKind::Burn { from, amount, .. } => EventKind::Burn {
            from,
            asset,
            amount,
        },
        EventKind::Clawback { from, amount, .. } => EventKind::Clawback {
            from,
            asset,
            amount,
        },
        EventKind::Fee { from, amount, .. } => EventKind::Fee {
            from,
            asset,
            amount,
        },
    }
}
