use std::time::Duration;

use flowctl_core::BoxError;

use super::RpcUrl;
use crate::ledger::HeaderError;

/// Why a call to a Stellar RPC server has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    /// There is no connection, or it broke off.
    #[error("`{url}` cannot be reached")]
    Unreachable { url: RpcUrl, source: BoxError },
    /// Nothing came for too long.
    #[error("`{url}` said nothing for {} s", .patience.as_secs())]
    Silent { url: RpcUrl, patience: Duration },
    /// It has no time now.
    #[error("`{url}` has no time: HTTP status {status}")]
    Busy { url: RpcUrl, status: u16 },
    /// It did not answer as JSON-RPC does.
    #[error("`{url}` is no Stellar RPC server: {answer}")]
    NotRpc { url: RpcUrl, answer: String },
    /// It is the other API of the network.
    #[error("`{url}` is Horizon, not Stellar RPC")]
    Horizon { url: RpcUrl, instead: String },
    /// The answer is larger than what is read.
    #[error("`{url}` answered with more than {limit} bytes")]
    TooLarge { url: RpcUrl, limit: usize },
    /// It understood the call, and refuses it.
    #[error("`{method}` was refused: {message} (code {code})")]
    Refused {
        method: &'static str,
        code: i64,
        message: String,
    },
    /// The ledger is not there any more.
    #[error("ledger {wanted} is not there any more: the server has ledgers {oldest} to {latest}")]
    NotRetained {
        wanted: u32,
        oldest: u32,
        latest: u32,
    },
    /// The ledger in the answer cannot be read.
    #[error("ledger {sequence} in the answer is not valid")]
    Ledger { sequence: u32, source: BadLedger },
}

/// What is wrong with a ledger in an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadLedger {
    #[error("it is not base64")]
    Base64(#[source] base64::DecodeError),
    #[error("its header cannot be trusted")]
    Header(#[source] HeaderError),
    #[error("its header says {0}")]
    Sequence(u32),
}

/// JSON-RPC 2.0 and stellar-rpc: the request is not valid, its parameters are not.
const REFUSED_FOR_ITS_CONTENT: [i64; 2] = [-32_600, -32_602];
/// JSON-RPC 2.0: something failed inside.
const INTERNAL: i64 = -32_603;
/// stellar-rpc: the call took longer than the server allows.
const TOOK_TOO_LONG: i64 = -32_001;

impl RpcError {
    /// Whether the same call may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Busy { .. } => true,
            Self::Refused { code, .. } => *code == INTERNAL,
            _ => false,
        }
    }

    /// Whether asking for less may help.
    pub(crate) const fn is_too_much(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. }
                | Self::Refused {
                    code: TOOK_TOO_LONG,
                    ..
                }
        )
    }

    /// Whether it is the content of the call that is refused, such as a ledger that is not there.
    pub(crate) fn is_about_content(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if REFUSED_FOR_ITS_CONTENT.contains(code))
    }

    /// What can be done about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Horizon { instead, .. } => Some(instead.clone()),
            Self::NotRetained { oldest, .. } => Some(format!(
                "set `start_ledger` to {oldest} or above, use a server that keeps or serves older \
                 ledgers (from a data lake), or read older ledgers with `stellar-lake`"
            )),
            Self::NotRpc { .. } => Some(
                "give the URL under which the server answers JSON-RPC, for example \
                 https://soroban-testnet.stellar.org"
                    .to_owned(),
            ),
            Self::TooLarge { .. } => Some("ask for fewer ledgers at a time".to_owned()),
            _ => None,
        }
    }
}
