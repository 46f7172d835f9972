//! Builds small ledgers for what no real ledger holds, with right hashes.

mod contract;
mod entries;
mod ledger;
mod told;
mod tx;
mod values;

pub(crate) use contract::*;
pub(crate) use entries::*;
pub(crate) use ledger::*;
pub(crate) use told::*;
pub(crate) use tx::*;
pub(crate) use values::*;
