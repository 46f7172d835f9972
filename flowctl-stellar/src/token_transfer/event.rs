use crate::{Address, Asset, Hash};

/// One movement of tokens, as the Stellar token-transfer processor defines it.
///
/// The fields are those of the protobuf message `token_transfer.TokenTransferEvent`, in binary form:
/// addresses, hashes and amounts become text only when the event is written (see
/// [`write_json`](Self::write_json)). serde reads and writes the protobuf JSON mapping with the names of
/// the `.proto` file.
///
/// An event has no identity of its own. Its position among the events of its ledger is stable for a
/// given mode, so `(ledger_sequence, position)` is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(
    try_from = "super::wire::EventWire<'_>",
    into = "super::wire::EventWire<'static>"
)]
pub struct TokenTransferEvent {
    /// Where it happened.
    pub meta: EventMeta,
    /// What happened.
    pub kind: EventKind,
}

/// Where an event happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventMeta {
    /// The ledger.
    pub ledger_sequence: u32,
    /// When the ledger closed, in whole seconds since the Unix epoch; at most the year 9999.
    /// The protobuf field is `closed_at`.
    pub closed_at_seconds: u64,
    /// The transaction.
    pub tx_hash: Hash,
    /// The transaction's place in the ledger, from 1, in the order of application.
    pub transaction_index: u32,
    /// The operation's place in the transaction, from 1. Fees belong to no operation.
    pub operation_index: Option<u32>,
    /// The token's contract. Of a classic asset it is the reserved one (see
    /// [`ContractIds`](crate::ContractIds)), deployed or not.
    pub contract_address: Address,
    /// Whom the owner of the destination account receives for, if the payment says so (CAP-67).
    pub to_muxed_info: Option<MuxedInfo>,
}

/// What the sender tells the destination: the id of a muxed account, or a memo.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MuxedInfo {
    /// A text memo, or a string of a contract. On the chain it is any bytes; those that are not UTF-8
    /// are replaced by U+FFFD here, since neither JSON nor protobuf can say them.
    Text(String),
    /// The id of a muxed account or an id memo, or a number of a contract.
    Id(u64),
    /// A hash or return memo, or bytes of a contract at whatever length it gave them.
    Hash(Vec<u8>),
}

/// What happened.
///
/// `asset` is `None` for a token that is no classic asset. Amounts are in the token's smallest unit
/// (for classic assets 10⁻⁷). They are not negative, except that of a fee that is a refund, and what
/// the contract of a non-classic token claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Tokens moved between two holders.
    Transfer {
        /// Who had them.
        from: Address,
        /// Who has them.
        to: Address,
        /// Which asset.
        asset: Option<Asset>,
        /// How many.
        amount: i128,
    },
    /// The issuer created tokens.
    Mint {
        /// Who has them.
        to: Address,
        /// Which asset.
        asset: Option<Asset>,
        /// How many.
        amount: i128,
    },
    /// Tokens went back to the issuer.
    Burn {
        /// Who had them.
        from: Address,
        /// Which asset.
        asset: Option<Asset>,
        /// How many.
        amount: i128,
    },
    /// The issuer took tokens back.
    Clawback {
        /// Who had them.
        from: Address,
        /// Which asset.
        asset: Option<Asset>,
        /// How many.
        amount: i128,
    },
    /// A transaction's fee, or with a negative amount the refund of a part of it.
    Fee {
        /// Who paid.
        from: Address,
        /// The lumen.
        asset: Option<Asset>,
        /// How much.
        amount: i128,
    },
}

impl EventKind {
    /// The kind's name, which is also its field in the protobuf message: `transfer`, `mint`, `burn`,
    /// `clawback` or `fee`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transfer { .. } => "transfer",
            Self::Mint { .. } => "mint",
            Self::Burn { .. } => "burn",
            Self::Clawback { .. } => "clawback",
            Self::Fee { .. } => "fee",
        }
    }

    /// Who had the tokens; `None` for a mint.
    #[must_use]
    pub const fn from(&self) -> Option<&Address> {
        match self {
            Self::Transfer { from, .. }
            | Self::Burn { from, .. }
            | Self::Clawback { from, .. }
            | Self::Fee { from, .. } => Some(from),
            Self::Mint { .. } => None,
        }
    }

    /// Who has the tokens; `None` for a burn, a clawback and a fee.
    #[must_use]
    pub const fn to(&self) -> Option<&Address> {
        match self {
            Self::Transfer { to, .. } | Self::Mint { to, .. } => Some(to),
            Self::Burn { .. } | Self::Clawback { .. } | Self::Fee { .. } => None,
        }
    }

    /// Which asset; `None` for a token that is no classic asset.
    #[must_use]
    pub const fn asset(&self) -> Option<&Asset> {
        let (Self::Transfer { asset, .. }
        | Self::Mint { asset, .. }
        | Self::Burn { asset, .. }
        | Self::Clawback { asset, .. }
        | Self::Fee { asset, .. }) = self;
        asset.as_ref()
    }

    /// How many, in the token's smallest unit.
    #[must_use]
    pub const fn amount(&self) -> i128 {
        let (Self::Transfer { amount, .. }
        | Self::Mint { amount, .. }
        | Self::Burn { amount, .. }
        | Self::Clawback { amount, .. }
        | Self::Fee { amount, .. }) = self;
        *amount
    }
}

impl TokenTransferEvent {
    /// The operation's id of SEP-35 (TOID): ledger, transaction and operation in one number, with
    /// operation 0 for a fee. It is the id that stellar-etl writes.
    #[must_use]
    pub fn operation_id(&self) -> u64 {
        let operation = self.meta.operation_index.unwrap_or(0);
        u64::from(self.meta.ledger_sequence) << 32
            | u64::from(self.meta.transaction_index) << 12
            | u64::from(operation)
    }
}
