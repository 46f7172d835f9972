//! Shows a run while it goes on, whether this process or another one runs it.

mod throttle;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its main type"
)]
mod watch;

pub(crate) use self::watch::Watch;
