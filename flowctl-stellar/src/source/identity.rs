use flowctl_core::{EventType, component::ComponentError};

use crate::Network;

/// The event type of raw ledgers.
pub const LEDGER_EVENT_TYPE: &str = "stellar.ledger";

/// [`LEDGER_EVENT_TYPE`], parsed.
pub(crate) fn ledger_event_type() -> Result<EventType, ComponentError> {
    LEDGER_EVENT_TYPE
        .parse()
        .map_err(|error| ComponentError::stop("the event type is not valid").caused_by(error))
}

/// What makes the ledgers of a source what they are: the network, and the kind of origin.
///
/// Not the paths and not the range: a source that is moved or extended goes on where it was, and the
/// chain of hashes tells whether it is the same history.
pub(crate) fn fingerprint(network: &Network, origin: &str) -> String {
    let id = network.id().to_string();
    format!("stellar:{}:{origin}", id.get(..8).unwrap_or(&id))
}
