//! `flowctl logs`: what the components of a pipeline wrote, while it runs and after.

mod line;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its command"
)]
mod logs;
mod merged;

pub(crate) use self::logs::Arguments;
pub(super) use self::logs::logs;
