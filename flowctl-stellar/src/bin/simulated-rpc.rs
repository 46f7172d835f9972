//! The program `simulated-rpc`; see [`flowctl_stellar::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    flowctl_stellar::program::simulated_rpc()
}
