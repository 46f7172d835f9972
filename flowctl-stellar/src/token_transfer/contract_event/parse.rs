use stellar_xdr::{
    ContractEvent, ContractEventBody, ContractEventType, Int128Parts, ScMapEntry, ScVal,
};

use super::{
    super::{EventKind, MuxedInfo},
    Rejection,
    layout::{Layout, TokenEventName},
};
use crate::Address;

/// A contract's event whose shape is that of a token event. Its asset is not known yet.
#[derive(Debug)]
pub(super) struct TokenEvent<'a> {
    pub(super) name: TokenEventName,
    pub(super) contract: [u8; 32],
    pub(super) kind: EventKind,
    pub(super) info: Option<MuxedInfo>,
    pub(super) topics: &'a [ScVal],
}

/// Reads a token event. `Ok(None)` for an event that does not claim to be one.
pub(super) fn parse(
    event: &ContractEvent,
    layout: Layout,
) -> Result<Option<TokenEvent<'_>>, Rejection> {
    let (ContractEventType::Contract, Some(contract)) = (event.type_, &event.contract_id) else {
        return Ok(None);
    };
    let ContractEventBody::V0(body) = &event.body;
    let topics = body.topics.as_slice();
    let Some(ScVal::Symbol(symbol)) = topics.first() else {
        return Ok(None);
    };
    let Some(name) = TokenEventName::of(symbol.0.as_slice()) else {
        return Ok(None);
    };
    let (amount, info) = match layout {
        Layout::WithAdministrator => (amount(&body.data).ok_or(Rejection::DataNotAmount)?, None),
        Layout::Cap67 => amount_and_info(&body.data)?,
    };
    let kind = kind(name, layout, topics, amount)?;
    Ok(Some(TokenEvent {
        name,
        contract: contract.0.0,
        kind,
        info,
        topics,
    }))
}

fn kind(
    name: TokenEventName,
    layout: Layout,
    topics: &[ScVal],
    amount: i128,
) -> Result<EventKind, Rejection> {
    let asset = None;
    let holder = || match layout {
        Layout::WithAdministrator => address(topics, 1).and_then(|_| address(topics, 2)),
        Layout::Cap67 => unambiguous(topics).and_then(|()| address(topics, 1)),
    };
    Ok(match name {
        TokenEventName::Transfer => {
            let (from, to) = (address(topics, 1)?, address(topics, 2)?);
            EventKind::Transfer {
                from,
                to,
                asset,
                amount,
            }
        }
        TokenEventName::Mint => EventKind::Mint {
            to: holder()?,
            asset,
            amount,
        },
        TokenEventName::Clawback => EventKind::Clawback {
            from: holder()?,
            asset,
            amount,
        },
        TokenEventName::Burn => EventKind::Burn {
            from: address(topics, 1)?,
            asset,
            amount,
        },
    })
}

/// Topics of one's own may follow those of SEP-41, but a third topic of a mint or clawback has to be a
/// string: see [`Rejection::AmbiguousTopic`].
///
/// # Source
///
/// go-stellar-sdk 2026, `parseCustomTokenEventV4`. Versions of 2025 took any third topic.
fn unambiguous(topics: &[ScVal]) -> Result<(), Rejection> {
    match topics.get(2) {
        None | Some(ScVal::String(_)) => Ok(()),
        Some(_) => Err(Rejection::AmbiguousTopic),
    }
}

fn address(topics: &[ScVal], index: usize) -> Result<Address, Rejection> {
    match topics.get(index) {
        Some(ScVal::Address(address)) => Ok(address.into()),
        Some(_) => Err(Rejection::TopicNotAddress),
        None => Err(Rejection::MissingTopic),
    }
}

fn amount_and_info(data: &ScVal) -> Result<(i128, Option<MuxedInfo>), Rejection> {
    let ScVal::Map(map) = data else {
        return Ok((amount(data).ok_or(Rejection::DataNotAmount)?, None));
    };
    let entries = map.as_ref().map_or(&[][..], |map| map.0.as_slice());
    let (mut found, mut info) = (None, None);
    for ScMapEntry { key, val } in entries {
        let ScVal::Symbol(key) = key else {
            return Err(Rejection::KeyNotSymbol);
        };
        match key.0.as_slice() {
            b"amount" => found = Some(amount(val).ok_or(Rejection::AmountNotInteger)?),
            b"to_muxed_id" => info = muxed_id(val)?.or(info),
            _ => {}
        }
    }
    Ok((found.ok_or(Rejection::MissingAmount)?, info))
}

/// Void says that there is none: contracts from before CAP-86 write it. Bytes keep their length.
///
/// # Source
///
/// go-stellar-sdk 2026, `parseV4MapDataForTokenEvents`. Versions of 2025 rejected void and forced bytes
/// into 32.
fn muxed_id(value: &ScVal) -> Result<Option<MuxedInfo>, Rejection> {
    match value {
        ScVal::U64(id) => Ok(Some(MuxedInfo::Id(*id))),
        ScVal::Bytes(bytes) => Ok(Some(MuxedInfo::Hash(bytes.0.to_vec()))),
        ScVal::String(text) => Ok(Some(MuxedInfo::Text(
            String::from_utf8_lossy(text.0.as_slice()).into_owned(),
        ))),
        ScVal::Void => Ok(None),
        _ => Err(Rejection::InvalidMuxedId),
    }
}

/// The amount in a 128-bit value.
pub(in crate::token_transfer) fn amount(value: &ScVal) -> Option<i128> {
    match value {
        ScVal::I128(Int128Parts { hi, lo }) => Some(i128::from(*hi) << 64 | i128::from(*lo)),
        _ => None,
    }
}
