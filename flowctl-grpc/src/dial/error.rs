use flowctl_core::BoxError;

use crate::address::AddressError;

/// A server could not be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// What should be an address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The address asks for TLS, and nothing says whom to trust; or it forbids it, and TLS was asked for.
    #[error("`{address}` {problem}")]
    Tls {
        /// The address.
        address: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// The settings cannot be used: a certificate, a key or a token is not one.
    #[error("the {what} cannot be used")]
    Settings {
        /// Which of them.
        what: &'static str,
        /// What is wrong with it.
        source: BoxError,
    },
    /// Nobody answers there, or something else than a gRPC server.
    #[error("cannot connect to `{address}`")]
    Unreachable {
        /// Where it was tried.
        address: String,
        /// What went wrong.
        source: BoxError,
    },
}

impl DialError {
    /// Whether a later attempt may succeed with nothing changed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
