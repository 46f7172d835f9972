//! The protobuf JSON mapping of an event, as serde sees it: names of the `.proto` file, numbers of
//! 64 bits and more as text, bytes as base64, the times of RFC 3339.

use std::{borrow::Cow, fmt::Display, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent, close_time};
use crate::{Address, Asset, AssetCode, Hash};

#[derive(Serialize, Deserialize)]
pub(super) struct EventWire<'a> {
    meta: MetaWire<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<MovementWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mint: Option<MovementWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    burn: Option<MovementWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clawback: Option<MovementWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<MovementWire<'a>>,
}

#[derive(Serialize, Deserialize)]
struct MetaWire<'a> {
    ledger_sequence: u32,
    #[serde(with = "close_time")]
    closed_at: u64,
    #[serde(with = "text")]
    tx_hash: Hash,
    transaction_index: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation_index: Option<u32>,
    #[serde(with = "text")]
    contract_address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to_muxed_info: Option<MuxedInfoWire<'a>>,
}

/// Externally tagged enums are what the mapping makes of a `oneof`: an object with one field.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MuxedInfoWire<'a> {
    Text(Cow<'a, str>),
    #[serde(with = "number")]
    Id(u64),
    #[serde(with = "bytes")]
    Hash(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
struct MovementWire<'a> {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_text"
    )]
    from: Option<Address>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_text"
    )]
    to: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asset: Option<AssetWire<'a>>,
    #[serde(with = "text")]
    amount: i128,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AssetWire<'a> {
    Native(bool),
    IssuedAsset {
        #[serde(default, skip_serializing_if = "str::is_empty")]
        asset_code: Cow<'a, str>,
        #[serde(with = "text")]
        issuer: Address,
    },
}

impl From<TokenTransferEvent> for EventWire<'_> {
    fn from(event: TokenTransferEvent) -> Self {
        let TokenTransferEvent { meta, kind } = event;
        let movement = MovementWire {
            from: kind.from().copied(),
            to: kind.to().copied(),
            asset: kind.asset().copied().map(AssetWire::from),
            amount: kind.amount(),
        };
        let meta = MetaWire {
            ledger_sequence: meta.ledger_sequence,
            closed_at: meta.closed_at_seconds,
            tx_hash: meta.tx_hash,
            transaction_index: meta.transaction_index,
            operation_index: meta.operation_index,
            contract_address: meta.contract_address,
            to_muxed_info: meta.to_muxed_info.map(|info| match info {
                MuxedInfo::Text(text) => MuxedInfoWire::Text(text.into()),
                MuxedInfo::Id(id) => MuxedInfoWire::Id(id),
                MuxedInfo::Hash(bytes) => MuxedInfoWire::Hash(bytes),
            }),
        };
        let empty = EventWire {
            meta,
            transfer: None,
            mint: None,
            burn: None,
            clawback: None,
            fee: None,
        };
        match kind {
            EventKind::Transfer { .. } => Self {
                transfer: Some(movement),
                ..empty
            },
            EventKind::Mint { .. } => Self {
                mint: Some(movement),
                ..empty
            },
            EventKind::Burn { .. } => Self {
                burn: Some(movement),
                ..empty
            },
            EventKind::Clawback { .. } => Self {
                clawback: Some(movement),
                ..empty
            },
            EventKind::Fee { .. } => Self {
                fee: Some(movement),
                ..empty
            },
        }
    }
}

impl TryFrom<EventWire<'_>> for TokenTransferEvent {
    type Error = &'static str;

    fn try_from(wire: EventWire<'_>) -> Result<Self, Self::Error> {
        const NO_FROM: &str = "the event has no `from`";
        const NO_TO: &str = "the event has no `to`";
        let MetaWire {
            closed_at,
            to_muxed_info,
            ..
        } = wire.meta;
        let kind = match (wire.transfer, wire.mint, wire.burn, wire.clawback, wire.fee) {
            (Some(movement), None, None, None, None) => {
                let MovementWire {
                    from, to, amount, ..
                } = movement;
                let (from, to) = (from.ok_or(NO_FROM)?, to.ok_or(NO_TO)?);
                EventKind::Transfer {
                    from,
                    to,
                    asset: movement.asset()?,
                    amount,
                }
            }
            (None, Some(movement), None, None, None) => {
                let (to, amount) = (movement.to.ok_or(NO_TO)?, movement.amount);
                EventKind::Mint {
                    to,
                    asset: movement.asset()?,
                    amount,
                }
            }
            (None, None, Some(movement), None, None) => {
                let (from, amount) = (movement.from.ok_or(NO_FROM)?, movement.amount);
                EventKind::Burn {
                    from,
                    asset: movement.asset()?,
                    amount,
                }
            }
            (None, None, None, Some(movement), None) => {
                let (from, amount) = (movement.from.ok_or(NO_FROM)?, movement.amount);
                EventKind::Clawback {
                    from,
                    asset: movement.asset()?,
                    amount,
                }
            }
            (None, None, None, None, Some(movement)) => {
                let (from, amount) = (movement.from.ok_or(NO_FROM)?, movement.amount);
                EventKind::Fee {
                    from,
                    asset: movement.asset()?,
                    amount,
                }
            }
            _ => {
                return Err(
                    "expected one of `transfer`, `mint`, `burn`, `clawback` and `fee` in the event",
                );
            }
        };
        let meta = EventMeta {
            ledger_sequence: wire.meta.ledger_sequence,
            closed_at_seconds: closed_at,
            tx_hash: wire.meta.tx_hash,
            transaction_index: wire.meta.transaction_index,
            operation_index: wire.meta.operation_index,
            contract_address: wire.meta.contract_address,
            to_muxed_info: to_muxed_info.map(|info| match info {
                MuxedInfoWire::Text(text) => MuxedInfo::Text(text.into_owned()),
                MuxedInfoWire::Id(id) => MuxedInfo::Id(id),
                MuxedInfoWire::Hash(bytes) => MuxedInfo::Hash(bytes),
            }),
        };
        Ok(Self { meta, kind })
    }
}

impl MovementWire<'_> {
    fn asset(self) -> Result<Option<Asset>, &'static str> {
        self.asset.map(Asset::try_from).transpose()
    }
}

impl From<Asset> for AssetWire<'_> {
    fn from(asset: Asset) -> Self {
        match asset {
            Asset::Native => Self::Native(true),
            Asset::Issued { code, issuer } => Self::IssuedAsset {
                asset_code: code.to_text().into_owned().into(),
                issuer: Address::Account(issuer),
            },
        }
    }
}

impl TryFrom<AssetWire<'_>> for Asset {
    type Error = &'static str;

    fn try_from(asset: AssetWire<'_>) -> Result<Self, Self::Error> {
        match asset {
            AssetWire::Native(true) => Ok(Self::Native),
            AssetWire::Native(false) => Err("`native` can only be true"),
            AssetWire::IssuedAsset {
                asset_code,
                issuer: Address::Account(issuer),
            } => {
                let code = AssetCode::from_bytes(asset_code.as_bytes())
                    .ok_or("the asset code is longer than 12 bytes")?;
                Ok(Self::Issued { code, issuer })
            }
            AssetWire::IssuedAsset { .. } => Err("the issuer is not an account"),
        }
    }
}

mod text {
    use super::*;

    pub(super) fn serialize<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        Cow::<str>::deserialize(from)?
            .parse()
            .map_err(D::Error::custom)
    }
}

mod optional_text {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Address>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Address>, D::Error> {
        let text = Option::<Cow<'_, str>>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// Written as text; read from text or, as the mapping allows, from a number.
mod number {
    use super::*;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number<'a> {
        Bare(u64),
        Text(Cow<'a, str>),
    }

    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        match Number::deserialize(from)? {
            Number::Bare(number) => Ok(number),
            Number::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

mod bytes {
    use super::*;

    pub(super) fn serialize<S: Serializer>(value: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD
            .decode(Cow::<str>::deserialize(from)?.as_bytes())
            .map_err(D::Error::custom)
    }
}
