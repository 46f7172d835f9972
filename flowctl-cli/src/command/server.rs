use std::sync::Arc;

use clap::Args;
use flowctl_core::{
    run::RunHistory,
    store::{FileStore, Scope},
};
use flowctl_grpc::{ControlPlaneServer, ControlPlaneSettings};
use serde::Serialize;

use crate::{
    arguments::StateArguments, error::CliError, exit_code, logging, runtime, session::Session,
    signals::Signals, terminal::Tone,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// On which port of 127.0.0.1 [default: 8080 or the next free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    #[command(flatten)]
    state: StateArguments,
}

#[derive(Serialize)]
struct Serving {
    address: String,
}

/// Where in the state folder the runs are kept that other programs note.
const FOLDER: &str = "server";

pub(super) fn server(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    logging::start(session);
    let folder = arguments.state.folder()?.join(FOLDER);
    runtime::block_on(async {
        let mut signals = Signals::listen().map_err(CliError::NoRuntime)?;
        let store = FileStore::open(&folder).map_err(CliError::State)?;
        let runs = Scope::new(Arc::new(store), "runs/");
        let runs = RunHistory::open_in(runs, RunHistory::KEPT).await;
        let mut settings = ControlPlaneSettings::default();
        settings.port = arguments.port;
        let runs = runs.map_err(CliError::State)?;
        let server = ControlPlaneServer::start_with(settings, runs).await;
        let server = server.map_err(CliError::NoControlPlane)?;
        let serving = Serving {
            address: server.address().to_string(),
        };
        session.tell("serving", &serving, |palette| {
            let address = palette.paint(Tone::Strong, &serving.address);
            format!("control plane on {address}; Ctrl-C ends it")
        });
        signals.next().await;
        server.stop().await.map_err(CliError::NoControlPlane)?;
        Ok(exit_code::DONE)
    })
}
