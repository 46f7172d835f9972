//! Token events of smart contracts: those of SEP-41, and of the Stellar Asset Contract (CAP-67).
//!
//! A contract can emit anything. What claims to be a token event and is none is not an error: it is
//! left out and counted by its reason (see [`Rejections`]).

mod emit;
mod layout;
mod parse;
mod rejection;

pub(super) use emit::emit;
pub(super) use layout::Layout;
pub(super) use parse::amount;
pub use rejection::{Rejection, Rejections};
