//! A simulated Stellar network: valid, chained ledgers with every kind of operation that moves tokens,
//! made from a seed, so that everything can be tried and tested without a network.
//!
//! - [`SimulatedNetwork`] is an iterator over ledgers; [`Options`] say what they are like.
//! - `state` is what accounts hold; `operations` chooses and applies operations to it, with their
//!   results and entry changes; `transaction_set`, `meta` and `close` put the ledger together.
//!
//! It is pure: no clock, no I/O, no randomness but that of the seed. The bytes of a ledger are fixed by
//! [`FORMAT`], the seed and the options.
//!
//! # What is true and what is not
//!
//! Hashes fit what they are of, and results, entry changes, totals and events fit one another. They are
//! modelled on what the operations do, not taken from stellar-core. Not simulated: signatures (they look
//! like some, but nobody signed), the bucket list, sponsorships and their reserves, liabilities of offers
//! (an offer gives what its seller has, as before protocol 10), footprints, and the size and the time to
//! live of contract data. Trades and pools round in a way of their own.

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
