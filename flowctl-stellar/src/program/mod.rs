//! The programs: a pipeline's components as processes of their own.
//!
//! Five small programs, each a few lines over this module, rather than one with five faces: they are
//! found by name on `PATH` and in pipelines written for upstream's programs of the same names, an image
//! holds the one it is for, and `ps` says what runs. Each is one function here, which takes the process
//! as its own: it reads the environment and the arguments, handles signals, logs to stderr and answers
//! with the exit code. This is the only module of the crate that does.
//!
//! # What all programs share
//!
//! - **Configuration** comes from environment variables; `--help` lists them all. Whatever is unset,
//!   misspelt or malformed is told at once, each with what to set, and the program ends with code 2.
//! - **Ports** are written as `50052`, `:50052` or `host:50052`. gRPC is served where `GRPC_PORT` or
//!   `PORT` says, `/health`, `/ready`, `/live` and `/metrics` where `HEALTH_PORT` says.
//! - **gRPC** comes with `grpc.health.v1` and reflection. Nobody is let in before the program can
//!   answer.
//! - **A control plane**, with `ENABLE_FLOWCTL=true`: the program registers at `FLOWCTL_ENDPOINT` once
//!   it serves, by `flowctl.v1` or the service before it, sends heartbeats with what it counts, and
//!   registers again when it is not known any more.
//! - **The end**: SIGTERM or SIGINT drains: streams end after their last complete unit, and the
//!   program ends with code 0. A second signal ends it at once, with code 1; so do streams that have
//!   not ended after 25 s.
//! - **Logs** go to stderr, as text or JSON.
//! - `--health` asks the program that runs with the same environment for `/health` and ends with 0 or 1,
//!   for the health check of a container without a shell.
//!
//! # How a program is written
//!
//! It implements `Program`: facts, its own variables, what it serves, what it does.
//! `run` does the rest.

mod arguments;
mod ask_health;
mod condition;
mod consumer_app;
mod counted_source;
mod facts;
mod failure;
pub(crate) mod http;
mod ledger_source;
mod logging;
mod metrics;
#[expect(
    clippy::module_inception,
    reason = "files are named after their main type"
)]
mod program;
mod registration;
mod run;
mod services;
mod settings;
mod shell;
mod signals;
mod simulated_options;
pub(crate) mod simulated_rpc;
mod socket;
mod ttp_processor;
mod usage;
mod values;
mod variables;

use std::process::ExitCode;

/// `simulated-rpc`: serves a simulated Stellar network as a Stellar RPC server does.
#[must_use = "the exit code is what the process should end with"]
pub fn simulated_rpc() -> ExitCode {
    run::run::<simulated_rpc::SimulatedRpc>()
}

/// `stellar-live-source`: serves the ledgers of a Stellar RPC server over gRPC.
#[must_use = "the exit code is what the process should end with"]
pub fn stellar_live_source() -> ExitCode {
    run::run::<ledger_source::LiveSource>()
}

/// `stellar-live-source-datalake`: serves the ledgers of a data lake over gRPC.
#[must_use = "the exit code is what the process should end with"]
pub fn stellar_live_source_datalake() -> ExitCode {
    run::run::<ledger_source::DatalakeSource>()
}

/// `ttp-processor`: serves the token-transfer events of a source's ledgers over gRPC.
#[must_use = "the exit code is what the process should end with"]
pub fn ttp_processor() -> ExitCode {
    run::run::<ttp_processor::TokenTransferProcessor>()
}

/// `consumer-app`: keeps the token-transfer events of a processor.
#[must_use = "the exit code is what the process should end with"]
pub fn consumer_app() -> ExitCode {
    run::run::<consumer_app::ConsumerApp>()
}
