//! The executor for programs on this machine, behind feature `process`. Unix only; it is at its best on
//! Linux, and says below what it cannot do elsewhere.

mod control;
mod entry;
mod exec;
mod failure;
mod group;
mod identity;
mod instance_folder;
mod keeper;
mod kept_logs;
mod kept_output;
mod launch;
mod log;
mod lookup;
mod os;
mod owner;
mod ports;
mod process_executor;
mod record;
mod refusals;
mod settings;
mod standing;
mod start;
mod table;

pub use self::{kept_logs::KeptLogs, process_executor::ProcessExecutor};
