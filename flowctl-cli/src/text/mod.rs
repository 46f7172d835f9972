//! Text out of plain values. Nothing here writes anything anywhere.

mod failure;
pub(crate) mod number;
mod place;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod status;
mod table;

pub(crate) use self::{
    failure::{Failure, printable},
    place::{place, places},
    table::Table,
};
