//! The reference executor: components of the registry, as objects in this process.

mod ended;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its main type"
)]
mod in_process;
mod watched;

pub use self::in_process::InProcessExecutor;
