//! The operations, a file per family: how they are chosen, and what they do to the state.

mod account;
mod application;
mod outcome;
mod payment;
mod planner;

pub(super) use application::{Application, TransactionFacts};
pub(super) use outcome::succeeded;
pub(super) use planner::{Planner, Step};
