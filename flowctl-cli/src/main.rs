//! The `flowctl` command with the Stellar components.

use std::{process::ExitCode, sync::Arc};

use flowctl_cli::Flowctl;
use flowctl_core::Registry;
use flowctl_grpc::GrpcConnector;

fn main() -> ExitCode {
    let mut registry = Registry::new();
    let connector = flowctl_stellar::connect(GrpcConnector::new());
    match flowctl_stellar::register(&mut registry) {
        Ok(()) => Flowctl::new(registry).connector(Arc::new(connector)).run(),
        // Only possible when two components of flowctl-stellar share a name; its tests see that first.
        Err(_) => ExitCode::FAILURE,
    }
}
