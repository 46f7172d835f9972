/// How token events are laid out. CAP-67 changed it, and with it the version of the meta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::token_transfer) enum Layout {
    /// Transaction meta V3: mint and clawback name the administrator before the holder, and the data
    /// is the amount.
    WithAdministrator,
    /// Transaction meta V4: no administrator, and the data can be a map with `amount` and `to_muxed_id`.
    Cap67,
}

/// The four kinds of token events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenEventName {
    Transfer,
    Mint,
    Burn,
    Clawback,
}

impl Layout {
    /// The layout in a version of transaction meta; `None` where contracts had no events yet.
    pub(in crate::token_transfer) const fn of_meta(version: u32) -> Option<Self> {
        match version {
            3 => Some(Self::WithAdministrator),
            4 => Some(Self::Cap67),
            _ => None,
        }
    }

    /// How many topics an event of the Stellar Asset Contract has: those of the kind, and the asset.
    pub(super) const fn asset_contract_topics(self, name: TokenEventName) -> usize {
        match (self, name) {
            (Self::WithAdministrator, TokenEventName::Burn) => 3,
            (Self::WithAdministrator, _) | (Self::Cap67, TokenEventName::Transfer) => 4,
            (Self::Cap67, _) => 3,
        }
    }
}

impl TokenEventName {
    pub(super) fn of(symbol: &[u8]) -> Option<Self> {
        match symbol {
            b"transfer" => Some(Self::Transfer),
            b"mint" => Some(Self::Mint),
            b"burn" => Some(Self::Burn),
            b"clawback" => Some(Self::Clawback),
            _ => None,
        }
    }
}
