use crate::{
    Address, Hash,
    ledger::{ChangeError, DecodeError, HeaderError},
};

/// Why the events of a ledger cannot be told. Nothing of the ledger is returned then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeriveError {
    /// The bytes are no ledger.
    #[error("cannot decode the ledger")]
    Undecodable(#[source] DecodeError),
    /// The header is wrong.
    #[error("cannot use the ledger's header")]
    Header(#[source] HeaderError),
    /// A transaction as a whole, or its fee.
    #[error("cannot derive the events of transaction `{tx_hash}` in ledger {ledger_sequence}")]
    #[non_exhaustive]
    Transaction {
        /// The ledger.
        ledger_sequence: u32,
        /// The transaction.
        tx_hash: Hash,
        /// What is wrong with it.
        #[source]
        cause: TransactionError,
    },
    /// One operation.
    #[error(
        "cannot derive the events of operation {operation_index} (`{operation_type}`) of transaction \
         `{tx_hash}` in ledger {ledger_sequence}"
    )]
    #[non_exhaustive]
    Operation {
        /// The ledger.
        ledger_sequence: u32,
        /// The transaction.
        tx_hash: Hash,
        /// The operation's place in the transaction, from 1.
        operation_index: u32,
        /// The operation's XDR name.
        operation_type: &'static str,
        /// What is wrong with it.
        #[source]
        cause: OperationError,
    },
}

impl DeriveError {
    /// Whether the ledger looks like one of another network than the one that was given: its envelopes
    /// hash to other transactions, or its fees come from another contract than the lumen's.
    #[must_use]
    pub const fn is_other_network(&self) -> bool {
        matches!(
            self,
            Self::Transaction {
                cause: TransactionError::NoEnvelope { .. } | TransactionError::FeeContract { .. },
                ..
            }
        )
    }
}

/// What is wrong with a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// No envelope in the ledger has the transaction's hash.
    #[error("no envelope matches its hash on the network `{passphrase}`: is that its network?")]
    NoEnvelope {
        /// The passphrase that the envelopes were hashed with.
        passphrase: String,
    },
    /// The version of its meta does not hold what is needed.
    #[error("needs transaction meta {needed}, found version {found}")]
    UnsupportedMeta {
        /// Which versions do.
        needed: &'static str,
        /// Which one it is.
        found: u32,
    },
    /// The meta was written before stellar-core 13 and lacks what protocols below 10 need.
    #[error(
        "was written by a stellar-core too old for its protocol; the ledger has to be written again"
    )]
    OutdatedMeta,
    /// Operations and results do not pair up.
    #[error("has {operations} operations but {results} results")]
    ResultCount {
        /// Operations in the envelope.
        operations: usize,
        /// Results.
        results: usize,
    },
    /// A smart-contract transaction has results of classic operations.
    #[error("is a smart-contract transaction with results of other operations")]
    Results,
    /// Operations and their effects do not pair up.
    #[error("has {operations} operations but the effects of {effects}")]
    MetaCount {
        /// Operations in the envelope.
        operations: usize,
        /// Operations that its meta speaks of.
        effects: usize,
    },
    /// Taking the fee raised the balance of who pays it.
    #[error("its fee raised the balance of its payer by {amount}")]
    NegativeFee {
        /// By how much.
        amount: i128,
    },
    /// Refunding a part of the fee lowered the balance of who paid it.
    #[error("its fee's refund lowered the balance of its payer by {amount}")]
    NegativeRefund {
        /// By how much.
        amount: i128,
    },
    /// A change of the fee's taking or refund is incomplete.
    #[error("the changes of its fee are incomplete")]
    Changes(#[source] ChangeError),
    /// Core wrote neither one fee event (the fee) nor two (the fee and its refund).
    #[error("expected one or two fee events, found {found}")]
    FeeEventCount {
        /// How many it wrote.
        found: usize,
    },
    /// One of core's events of the transaction is not as CAP-67 defines it.
    #[error("its event {index} is no valid fee event: {problem}")]
    FeeEvent {
        /// The event's place in the transaction's list, from 0.
        index: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A fee event comes from another contract than the lumen's on the network that was given.
    #[error(
        "its fee event comes from `{contract}`, which is not the lumen's contract on this network"
    )]
    FeeContract {
        /// The event's contract.
        contract: Address,
    },
}

/// What is wrong with an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The result is of another operation, or not of a success, in a transaction that succeeded.
    #[error("its result is not that of its success")]
    Result,
    /// A change is incomplete.
    #[error("its changes are incomplete")]
    Changes(#[source] ChangeError),
    /// It should have removed exactly one claimable balance.
    #[error("expected one removed claimable balance, found {found}")]
    ClaimableBalances {
        /// How many it removed.
        found: usize,
    },
    /// It should have changed exactly one liquidity pool.
    #[error("expected one changed liquidity pool, found {found}")]
    LiquidityPools {
        /// How many it changed.
        found: usize,
    },
    /// It deposited nothing of one of the pool's assets.
    #[error("a deposit of nothing into the liquidity pool `{pool}`")]
    EmptyDeposit {
        /// The pool.
        pool: Address,
    },
    /// Amounts whose sum no ledger can hold.
    #[error("its amounts are out of range")]
    Amounts,
}

impl From<ChangeError> for OperationError {
    fn from(cause: ChangeError) -> Self {
        Self::Changes(cause)
    }
}
