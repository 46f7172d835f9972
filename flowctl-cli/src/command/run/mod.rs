//! `flowctl run`: starts a pipeline, shows it, stops it when asked to, and reports.

mod arguments;
mod ending;
mod happening;
mod logging;
mod opening;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its command"
)]
mod run;
mod signals;
mod throttle;
mod watch;

pub(crate) use self::arguments::Arguments;
pub(super) use self::run::run;
