//! The `flowctl` command with the Stellar components.

use std::process::ExitCode;

use flowctl_core::Registry;

fn main() -> ExitCode {
    let mut registry = Registry::new();
    match flowctl_stellar::register(&mut registry) {
        Ok(()) => flowctl_cli::run(registry),
        // Only possible when two components of flowctl-stellar share a name; its tests see that first.
        Err(_) => ExitCode::FAILURE,
    }
}
