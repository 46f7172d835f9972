//! The operations, a file per family: how they are chosen, and what they do to the state.

mod account;
mod application;
mod asset_contract;
mod authorization;
mod claimable_balance;
mod clawback;
mod contract_call;
mod inflation;
mod offer;
mod order;
mod outcome;
mod path_payment;
mod payment;
mod planner;
mod pool;
mod settings;
mod stale_account;
mod token_contract;
mod trade;
mod trust_line;

pub(super) use application::{Application, TransactionFacts};
pub(super) use outcome::succeeded;
pub(super) use planner::{Planner, Step};
