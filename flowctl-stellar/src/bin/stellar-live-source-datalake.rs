//! The program `stellar-live-source-datalake`; see [`flowctl_stellar::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    flowctl_stellar::program::stellar_live_source_datalake()
}
