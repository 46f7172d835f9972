//! The program `ttp-processor`; see [`flowctl_stellar::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    flowctl_stellar::program::ttp_processor()
}
