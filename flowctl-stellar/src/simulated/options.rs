use super::kind::{Kind, Mix};

/// The version of the bytes that a simulated network gives. They are fixed for one format, seed and
/// options; whatever changes them is a new format.
pub const FORMAT: u32 = 1;

/// The passphrase of every simulated network: the transactions' hashes depend on it.
pub const PASSPHRASE: &str = "flowctl simulated network ; v1";

/// The first protocol and the newest one that ledgers can be made under.
pub(super) const PROTOCOLS: std::ops::RangeInclusive<u32> = 1..=26;

/// The fewest holders that the operations need to find partners among, and the most that the state is
/// meant for.
const ACCOUNTS: std::ops::RangeInclusive<u32> = 6..=10_000;

/// More transactions than this make ledgers beyond the largest real ones.
const MAX_TRANSACTIONS: u32 = 1_000;

/// What a simulated network is like.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Which of all such networks. Default 1.
    pub seed: u64,
    /// The protocol of the first ledger. Default 23.
    ///
    /// It decides the form: `LedgerCloseMeta` V0 with `TransactionMeta` V2 below 20, V1 with V3 from 20
    /// to 22, V2 with V4 since 23.
    pub protocol: u32,
    /// Later protocols, by rising ledger. Default none.
    pub upgrades: Vec<ProtocolUpgrade>,
    /// Whether ledgers carry the events that stellar-core writes (CAP-67). Their `TransactionMeta` is
    /// V4 then under every protocol, as core's backfill makes it. Default true.
    pub unified_events: bool,
    /// The mean number of transactions in a ledger; each ledger has half of it at least and one and a
    /// half of it at most. Default 10.
    pub transactions_per_ledger: u32,
    /// How many accounts hold and move tokens. Default 20.
    pub accounts: u32,
    /// How often each kind of operation is chosen.
    pub mix: Mix,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            protocol: 23,
            upgrades: Vec::new(),
            unified_events: true,
            transactions_per_ledger: 10,
            accounts: 20,
            mix: Mix::default(),
        }
    }
}

/// The ledger at whose end a protocol takes effect. Such a ledger has no transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtocolUpgrade {
    /// The ledger, from 2.
    pub sequence: u32,
    /// The protocol of the ledgers after it.
    pub protocol: u32,
}

/// Options that make no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The protocol is not known.
    #[error("protocol {protocol} cannot be simulated, only {} to {}", PROTOCOLS.start(), PROTOCOLS.end())]
    Protocol {
        /// What was asked for.
        protocol: u32,
    },
    /// An upgrade does not come after the one before, by ledger and by protocol.
    #[error(
        "the upgrade to protocol {protocol} in ledger {sequence} does not come after the one before"
    )]
    Upgrade {
        /// The ledger of the upgrade.
        sequence: u32,
        /// Its protocol.
        protocol: u32,
    },
    /// The number of accounts is out of range.
    #[error("{accounts} accounts are out of range, it is {} to {}", ACCOUNTS.start(), ACCOUNTS.end())]
    Accounts {
        /// What was asked for.
        accounts: u32,
    },
    /// There are too many transactions in a ledger.
    #[error("{transactions} transactions per ledger are more than {MAX_TRANSACTIONS}")]
    Transactions {
        /// What was asked for.
        transactions: u32,
    },
    /// No kind of operation has a weight.
    #[error("the mix holds no kind of operation")]
    EmptyMix,
}

impl Options {
    /// The defaults with this seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<(), OptionsError> {
        let (mut last_sequence, mut last_protocol) = (1, self.protocol);
        if !PROTOCOLS.contains(&self.protocol) {
            let protocol = self.protocol;
            return Err(OptionsError::Protocol { protocol });
        }
        for &ProtocolUpgrade { sequence, protocol } in &self.upgrades {
            if !PROTOCOLS.contains(&protocol) {
                return Err(OptionsError::Protocol { protocol });
            }
            if sequence <= last_sequence || protocol <= last_protocol {
                return Err(OptionsError::Upgrade { sequence, protocol });
            }
            (last_sequence, last_protocol) = (sequence, protocol);
        }
        if !ACCOUNTS.contains(&self.accounts) {
            let accounts = self.accounts;
            return Err(OptionsError::Accounts { accounts });
        }
        if self.transactions_per_ledger > MAX_TRANSACTIONS {
            let transactions = self.transactions_per_ledger;
            return Err(OptionsError::Transactions { transactions });
        }
        if Kind::ALL.iter().all(|kind| self.mix.weight(*kind) == 0) {
            return Err(OptionsError::EmptyMix);
        }
        Ok(())
    }
}
