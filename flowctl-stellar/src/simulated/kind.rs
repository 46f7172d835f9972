/// What the transactions of a simulated network set out to do. A kind needs a protocol and a state that
/// allow it; where they do not, a payment takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A payment of any asset.
    Payment,
    /// A new account, which later merges into another.
    CreateAccount,
    /// The merge of an account that was created before.
    AccountMerge,
    /// A sell, buy or passive offer, new, changed or deleted.
    Offer,
    /// A payment through the order book or pools, that says what is sent or what is received.
    PathPayment,
    /// A trust line: removed, or opened.
    ChangeTrust,
    /// Authorisation of a trust line, given and taken, pool shares included.
    TrustLineFlags,
    /// A claimable balance: created, claimed or clawed back.
    ClaimableBalance,
    /// Tokens clawed back from an account.
    Clawback,
    /// A liquidity pool: joined, filled and emptied.
    LiquidityPool,
    /// The weekly inflation.
    Inflation,
    /// A flag, vote or home domain of an account; moves no tokens.
    SetOptions,
    /// A call of the contract of a classic asset.
    AssetContract,
    /// A call of another token's contract.
    TokenContract,
    /// Before protocol 8: operations that make core restore a stale account.
    StaleAccount,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Payment,
        Self::CreateAccount,
        Self::AccountMerge,
        Self::Offer,
        Self::PathPayment,
        Self::ChangeTrust,
        Self::TrustLineFlags,
        Self::ClaimableBalance,
        Self::Clawback,
        Self::LiquidityPool,
        Self::Inflation,
        Self::SetOptions,
        Self::AssetContract,
        Self::TokenContract,
        Self::StaleAccount,
    ];

    /// The kind's name in a configuration, such as `path-payment`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::CreateAccount => "create-account",
            Self::AccountMerge => "account-merge",
            Self::Offer => "offer",
            Self::PathPayment => "path-payment",
            Self::ChangeTrust => "change-trust",
            Self::TrustLineFlags => "trust-line-flags",
            Self::ClaimableBalance => "claimable-balance",
            Self::Clawback => "clawback",
            Self::LiquidityPool => "liquidity-pool",
            Self::Inflation => "inflation",
            Self::SetOptions => "set-options",
            Self::AssetContract => "asset-contract",
            Self::TokenContract => "token-contract",
            Self::StaleAccount => "stale-account",
        }
    }

    /// The kind with this [`name`](Self::name).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is a transaction of its own, with one operation.
    pub(super) const fn is_contract_call(self) -> bool {
        matches!(self, Self::AssetContract | Self::TokenContract)
    }

    /// Whether no other operations may stand in its transaction. Before protocol 8 that holds for those
    /// whose restored accounts the Go processor does not reconcile: with them its events could not be
    /// verified.
    pub(super) const fn is_alone(self, protocol: u32) -> bool {
        let unreconciled = matches!(self, Self::Inflation | Self::SetOptions | Self::ChangeTrust);
        self.is_contract_call() || (protocol < 8 && unreconciled)
    }

    /// The protocols that have it.
    pub(super) fn exists_in(self, protocol: u32) -> bool {
        match self {
            Self::Payment
            | Self::CreateAccount
            | Self::AccountMerge
            | Self::Offer
            | Self::PathPayment
            | Self::ChangeTrust
            | Self::TrustLineFlags
            | Self::SetOptions => true,
            Self::Inflation => protocol < 12,
            Self::StaleAccount => protocol < 8,
            Self::ClaimableBalance => protocol >= 14,
            Self::Clawback => protocol >= 17,
            Self::LiquidityPool => protocol >= 18,
            Self::AssetContract | Self::TokenContract => protocol >= 20,
        }
    }
}

/// How often each kind of operation is chosen: its share is its weight in the sum of all weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix(Vec<(Kind, u16)>);

impl Mix {
    /// Nothing; give it kinds with [`with`](Self::with).
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// The same mix with another weight for `kind`.
    #[must_use]
    pub fn with(mut self, kind: Kind, weight: u16) -> Self {
        self.0.retain(|(other, _)| *other != kind);
        self.0.push((kind, weight));
        self.0.sort_unstable();
        self
    }

    /// The weight of `kind`.
    #[must_use]
    pub fn weight(&self, kind: Kind) -> u16 {
        let found = self.0.iter().find(|(other, _)| *other == kind);
        found.map_or(0, |(_, weight)| *weight)
    }

    /// The kinds of a protocol with their weights.
    pub(super) fn of_protocol(&self, protocol: u32) -> Vec<(Kind, u16)> {
        let exists = |(kind, _): &&(Kind, u16)| kind.exists_in(protocol);
        self.0.iter().filter(exists).copied().collect()
    }
}

impl Default for Mix {
    /// Mostly payments and trades, and some of everything.
    fn default() -> Self {
        let weights = [30, 4, 3, 16, 10, 4, 5, 10, 3, 12, 1, 1, 10, 4, 3];
        Self(Kind::ALL.into_iter().zip(weights).collect())
    }
}
