//! Configuration from environment variables, with everything that is wrong told at once.
//!
//! A program reads its [`Variable`]s through [`Variables`], all of them and always in the same order.
//! What it reads is what `--help` lists, what is looked for among misspelt names, and what problems are
//! told of: there is no second list. An empty variable counts as unset, as Compose files leave them.

mod near;
mod problem;
#[cfg(test)]
mod tests;
mod value;
mod variable;
#[expect(
    clippy::module_inception,
    reason = "files are named after their main type"
)]
mod variables;

pub(crate) use self::{
    problem::{Problem, Problems},
    value::Value,
    variable::Variable,
    variables::{Unset, Variables},
};
