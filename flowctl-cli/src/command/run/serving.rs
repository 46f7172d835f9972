//! What other processes have of a run: its control plane, its history, and a socket to ask and stop it.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use flowctl_core::{
    Chain, Executor,
    run::{Plan, RunControl, RunHistory, RunLogs},
};
use flowctl_grpc::{AdminSocket, ControlPlaneServer, ControlPlaneSettings, RunToken, ServedRun};

use crate::error::CliError;

/// How long the end of a run may take to be noted once it is over.
const NOTED_WITHIN: Duration = Duration::from_secs(2);

/// Starts the control plane of a run, on loopback; with no port, on 8080 or the next free one.
///
/// # Errors
///
/// When the port is taken, or the secret of the run cannot be written.
pub(super) async fn control_plane(
    folder: &Path,
    port: Option<u16>,
) -> Result<Arc<ControlPlaneServer>, CliError> {
    let mut settings = ControlPlaneSettings::default();
    settings.port = port;
    settings.token = Some(RunToken::create(folder).map_err(CliError::NoToken)?);
    let server = ControlPlaneServer::start(settings).await;
    Ok(Arc::new(server.map_err(CliError::NoControlPlane)?))
}

/// A run that other processes can ask and stop.
#[derive(Debug)]
pub(super) struct Serving {
    control: RunControl,
    history: RunHistory,
    socket: Option<AdminSocket>,
}

impl Serving {
    /// Serves a run that has just been started.
    pub(super) fn begin(
        folder: &Path,
        control: RunControl,
        history: RunHistory,
        served: ServedRun,
        control_plane: Option<&ControlPlaneServer>,
    ) -> Self {
        let served = Arc::new(served);
        if let Some(control_plane) = control_plane {
            control_plane.serve_run(Arc::clone(&served));
        }
        // A pipeline that runs and cannot be asked is better than none.
        let socket = AdminSocket::serve(folder, served)
            .map_err(|error| tracing::warn!(error = %Chain(&error), "the run cannot be asked"))
            .ok();
        Self {
            control,
            history,
            socket,
        }
    }

    /// Notes what becomes of the run while `showing` goes on, and ends the service after it.
    pub(super) async fn beside<T>(self, showing: impl Future<Output = T>) -> T {
        let value = {
            let mut noting = pin!(self.history.follow(&self.control));
            let mut showing = pin!(showing);
            let mut noted = false;
            let value = loop {
                tokio::select! {
                    biased;
                    value = &mut showing => break value,
                    result = &mut noting, if !noted => {
                        noted = true;
                        log(result);
                    }
                }
            };
            if !noted && let Ok(result) = tokio::time::timeout(NOTED_WITHIN, noting).await {
                log(result);
            }
            value
        };
        if let Some(socket) = self.socket {
            socket.stop().await;
        }
        value
    }
}

fn log(noted: Result<(), flowctl_core::store::StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(error = %Chain(&error), "the run was not noted");
    }
}

/// What is served of a run.
pub(super) fn served(
    control: RunControl,
    history: RunHistory,
    plan: &Plan,
    executors: &[Arc<dyn Executor>],
    grace: Duration,
) -> ServedRun {
    let logs = RunLogs::new(control.clone(), executors.to_vec());
    ServedRun::new(control, history)
        .logs(Arc::new(logs))
        .plan(plan)
        .grace(grace)
}
