//! A simulated Stellar network: valid, chained ledgers with every kind of operation that moves tokens,
//! made from a seed, so that everything can be tried and tested without a network.
//!
//! - [`SimulatedNetwork`] is an iterator over ledgers; [`Options`] say what they are like.
//! - `state` is what accounts hold; `operations` chooses and applies operations to it, with their true
//!   results and entry changes; `transaction_set`, `meta` and `close` put the ledger together.
//!
//! It is pure: no clock, no I/O, no randomness but that of the seed. The bytes of a ledger are fixed by
//! [`FORMAT`], the seed and the options.
//!
//! # What is true and what is not
//!
//! Hashes, results, entry changes, totals and events are those that the operations really have. Not
//! simulated: signatures (they look like some, but nobody signed), the bucket list, reserves of
//! sponsors, liabilities of offers (an offer gives what its seller has, as before protocol 10), footprints
//! and the size of contract data.

mod applied;
mod cast;
mod close;
mod emitter;
mod encoding;
mod exchange;
mod kind;
mod meta;
mod operations;
mod options;
mod planning;
mod random;
mod simulated_network;
mod state;
mod transaction;
mod transaction_set;

#[cfg(test)]
mod tests;

pub use kind::{Kind, Mix};
pub use options::{FORMAT, Options, OptionsError, PASSPHRASE, ProtocolUpgrade};
pub use simulated_network::{FIRST_LEDGER, SimulatedLedger, SimulatedNetwork};
