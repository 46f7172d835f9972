use super::InstanceId;

/// Why a [`Roster`](super::Roster) does not take what a component says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// Nobody has registered under this id; the component should register again.
    #[error("service {id} not found")]
    UnknownService {
        /// The id.
        id: String,
    },
    /// The caller is known to be another component.
    #[error("the caller is {caller}, which may not speak for {id}")]
    NotYours {
        /// Who calls.
        caller: InstanceId,
        /// Whom it spoke for.
        id: String,
    },
    /// As many have registered as can be kept; try again later.
    #[error("{services} services are registered, and there is no room for more")]
    Full {
        /// How many are.
        services: usize,
    },
    /// What it says is too long to be kept.
    #[error("it has {bytes} bytes, at most {limit} are kept")]
    TooLarge {
        /// How long it is, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
}
