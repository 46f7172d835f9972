//! The program `consumer-app`; see [`flowctl_stellar::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    flowctl_stellar::program::consumer_app()
}
