use std::fmt;

use crate::{
    Address, Asset, Hash,
    ledger::{ChangeError, HeaderError},
};

/// Why events do not explain their ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The header is wrong.
    #[error("cannot use the ledger's header")]
    Header(#[source] HeaderError),
    /// An event is of another ledger, or of a transaction that the ledger does not have.
    #[error("event {position} is not of ledger {ledger_sequence}")]
    ForeignEvent {
        /// The ledger.
        ledger_sequence: u32,
        /// The event's position, from 0.
        position: usize,
    },
    /// A balance changed by another amount than the events say.
    #[error(transparent)]
    Unexplained(Box<UnexplainedChange>),
    /// A list of changes is incomplete.
    #[error("the changes of transaction `{tx_hash}` in ledger {ledger_sequence} are incomplete")]
    #[non_exhaustive]
    Changes {
        /// The ledger.
        ledger_sequence: u32,
        /// The transaction.
        tx_hash: Hash,
        /// Which change.
        #[source]
        cause: ChangeError,
    },
}

/// A balance whose change the events do not explain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "in {scope} of transaction `{tx_hash}` in ledger {ledger_sequence}, the events change what \
     `{holder}` has of `{asset}` by {excess} more than its entries"
)]
#[non_exhaustive]
pub struct UnexplainedChange {
    /// The ledger.
    pub ledger_sequence: u32,
    /// The transaction.
    pub tx_hash: Hash,
    /// Which events and changes were summed up.
    pub scope: Scope,
    /// Whose balance.
    pub holder: Address,
    /// Of which asset.
    pub asset: Asset,
    /// What the events say too much, a decimal number; negative if they say too little.
    pub excess: String,
}

/// The part of a transaction that events and changes are summed up over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Its fee and refund.
    Fees,
    /// The operation with this number, from 1.
    Operation(usize),
    /// All of it, without what contracts hold: Go's check.
    Transaction,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fees => f.write_str("the fees"),
            Self::Operation(number) => write!(f, "operation {number}"),
            Self::Transaction => f.write_str("the whole"),
        }
    }
}
