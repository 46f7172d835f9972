use crate::BoxError;

/// A served component could not be turned into an object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The protocol has no form in which records of this role could be carried.
    #[error("protocol `{protocol}` cannot carry a {role}")]
    NotCarried {
        /// The protocol.
        protocol: String,
        /// The role that was asked for.
        role: &'static str,
    },
    /// The address is not one.
    #[error("`{address}` is not an address")]
    Address {
        /// The text that was given.
        address: String,
    },
    /// The other end cannot be reached or refuses.
    #[error("cannot connect to `{address}`")]
    Unreachable {
        /// Where it was tried.
        address: String,
        /// What went wrong.
        source: BoxError,
    },
}
