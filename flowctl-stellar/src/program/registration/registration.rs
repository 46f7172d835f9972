use std::{net::SocketAddr, time::Duration};

use flowctl_core::{Chain, component::Cancellation};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{Client, Identity, Refusal, identity::reached_at};
use crate::{
    backoff::Backoff,
    program::{condition::Condition, metrics::Metrics, settings::ControlPlane, shell::Shell},
};

/// The pauses between attempts to register.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
/// How long it may take to say that the program is gone.
const FAREWELL: Duration = Duration::from_secs(2);

/// A program's registration with a control plane.
#[derive(Debug)]
pub(crate) struct Registration {
    control_plane: ControlPlane,
    identity: Identity,
    grpc: Option<SocketAddr>,
    health: SocketAddr,
    condition: Condition,
    metrics: Metrics,
}

impl Registration {
    /// Of the program of this shell, which serves at these addresses.
    pub(crate) fn new(
        shell: &Shell,
        control_plane: &ControlPlane,
        metadata: Vec<(&'static str, String)>,
        grpc: Option<SocketAddr>,
        health: SocketAddr,
    ) -> Self {
        let metadata = metadata
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Self {
            control_plane: control_plane.clone(),
            identity: Identity {
                facts: shell.facts,
                component: shell.settings.component.clone(),
                metadata: metadata.collect(),
                endpoint: String::new(),
                health_endpoint: String::new(),
            },
            grpc,
            health,
            condition: shell.condition.clone(),
            metrics: shell.metrics.clone(),
        }
    }

    /// Registers and sends heartbeats until `end`, then says that the program is gone.
    ///
    /// Nothing that the control plane does ends the program: it is told and tried again.
    pub(crate) async fn keep(mut self, end: Cancellation) {
        let mut client = Client::new(&self.control_plane);
        let mut backoff = BACKOFF;
        while !end.is_cancelled() {
            let registered = tokio::select! {
                id = self.register(&mut client) => id,
                () = end.cancelled() => return,
            };
            if self.heartbeats(&client, &registered, &end).await {
                // A control plane that forgets whoever registers must not be flooded.
                tokio::select! {
                    () = sleep(backoff.failed()) => continue,
                    () = end.cancelled() => return,
                }
            }
            let gone = timeout(FAREWELL, client.unregister(&registered)).await;
            if let Ok(Err(status)) = gone {
                tracing::debug!(%status, "the control plane was not told of the end");
            }
        }
    }

    /// Registers, however long it takes.
    async fn register(&mut self, client: &mut Client) -> String {
        let endpoint = self.control_plane.endpoint.clone();
        let mut backoff = BACKOFF;
        loop {
            if let Some(grpc) = self.grpc {
                self.identity.endpoint = reached_at(grpc, &endpoint).await.to_string();
            }
            let health = reached_at(self.health, &endpoint).await;
            self.identity.health_endpoint = format!("http://{health}/health");
            match client.register(&self.identity).await {
                Ok(id) => {
                    let component = &self.identity.component;
                    tracing::info!(%endpoint, component, id, "registered");
                    return id;
                }
                Err(error) => {
                    let pause = backoff.failed();
                    let error = Chain(&*error).to_string();
                    // Once is worth a line, every further time only to who looks for it.
                    if backoff.failures() == 1 {
                        tracing::warn!(%endpoint, error, "not registered yet; trying on");
                    } else {
                        tracing::debug!(%endpoint, error, "not registered yet");
                    }
                    sleep(pause).await;
                }
            }
        }
    }

    /// Sends heartbeats until `end` (`false`) or until the control plane does not know the program
    /// (`true`).
    async fn heartbeats(&self, client: &Client, id: &str, end: &Cancellation) -> bool {
        let mut follower = self.condition.follow();
        let mut ticks = interval(self.control_plane.interval.0);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                // A change is told at once.
                changed = follower.changed() => if changed.is_err() { return false },
                () = end.cancelled() => {
                    // What it came to in the end is told too.
                    let (state, counts) = (self.condition.now(), self.metrics.values());
                    let last = client.heartbeat(id, &state, &counts);
                    if timeout(FAREWELL, last).await.is_err() {
                        tracing::debug!("the control plane was not told of the last counts");
                    }
                    return false;
                }
            }
            let state = self.condition.now();
            match client.heartbeat(id, &state, &self.metrics.values()).await {
                Ok(()) => failing = false,
                Err(Refusal::NotKnown) => {
                    tracing::info!(id, "the control plane does not know this program any more");
                    return true;
                }
                Err(Refusal::Failed(status)) if !failing => {
                    failing = true;
                    tracing::warn!(%status, "a heartbeat failed; trying on");
                }
                Err(Refusal::Failed(status)) => tracing::debug!(%status, "a heartbeat failed"),
            }
        }
    }
}
