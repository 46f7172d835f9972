//! What the components of a run write, whoever runs them.

mod log_source;
mod run_logs;
#[cfg(test)]
mod tests;

pub use self::{
    log_source::{ComponentLine, ComponentLog, LogSource},
    run_logs::RunLogs,
};
