//! `flowctl run`: starts a pipeline, shows it, stops it when asked to, and reports.

mod arguments;
mod detach;
mod opening;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its command"
)]
mod run;
mod serving;

pub(crate) use self::arguments::Arguments;
pub(super) use self::run::run;
