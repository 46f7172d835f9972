//! Where ledgers come from.
//!
//! Every source here hands out `stellar.ledger` events: the raw XDR of one `LedgerCloseMeta` each,
//! untouched, with the ledger's sequence as the event's and its close time as the timestamp. Each
//! checks that ledgers follow one another by sequence and by hash, and that they belong to the
//! network it was told; the hash of the last ledger travels in the cursor, so that the check goes on
//! across a restart.

mod chunk;
mod duration_key;
mod feed;
mod identity;
mod lake;
mod ledger_checks;
mod ledger_files;
mod ledger_range;
mod pending;
mod simulated;
#[cfg(feature = "rpc")]
mod stellar_rpc;

pub use self::identity::LEDGER_EVENT_TYPE;
#[cfg(feature = "rpc")]
pub use self::stellar_rpc::{StellarRpc, StellarRpcConfig};
pub(crate) use self::{
    chunk::{Chunk, PLACE},
    feed::Feed,
    identity::{fingerprint, ledger_event_type},
    ledger_checks::LedgerChecks,
};
use self::{duration_key::duration_key, pending::Pending};
pub use self::{
    lake::{Lake, LakeConfig, LakeSchema, ObjectName},
    ledger_checks::CheckError,
    ledger_files::{LedgerFiles, LedgerFilesConfig},
    ledger_range::{LedgerRange, RangeError},
    simulated::{Simulated, SimulatedConfig},
};
