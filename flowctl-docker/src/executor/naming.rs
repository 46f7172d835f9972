use std::time::Duration;

use bollard::{
    Docker,
    models::{ContainerCreateBody, ContainerInspectResponse},
    query_parameters::{CreateContainerOptionsBuilder, RenameContainerOptionsBuilder},
};
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind, StopOptions};

use super::{
    DockerExecutor, Outage,
    docker_executor::{error, identity},
};
use crate::{
    container::{Identity, Phase, phase},
    error::{Call, failed, is_absent, is_conflict},
};

/// How long the name of a container is waited for. The engine holds it from the moment at which it begins
/// to make a container; for whom is known only once that is made.
const NAMED_WITHIN: Duration = Duration::from_secs(10);

/// What has the name that a container is to have.
enum Holder {
    /// The instance itself, ready to be started or running.
    Itself { id: String, is_running: bool },
    /// It was taken out of the way.
    Cleared,
    /// Nobody who is known, yet or any more.
    Unknown,
}

impl DockerExecutor {
    /// Makes the container, or finds it made: its id, and whether it runs.
    pub(super) async fn create(
        &self,
        wanted: &Identity,
        body: &ContainerCreateBody,
    ) -> Result<(String, bool), ExecutorError> {
        let docker = &self.engine.docker;
        let name = wanted.container_name();
        let mut patience = Outage::new(NAMED_WITHIN);
        loop {
            let options = CreateContainerOptionsBuilder::new().name(&name).build();
            match docker.create_container(Some(options), body.clone()).await {
                Ok(created) => {
                    self.verify_limits(body, &created.id, &created.warnings)
                        .await?;
                    return Ok((created.id, false));
                }
                Err(cause) if is_conflict(&cause) => {
                    match Box::pin(self.clear(&name, wanted)).await? {
                        Holder::Itself { id, is_running } => return Ok((id, is_running)),
                        Holder::Cleared => {}
                        Holder::Unknown if patience.endure().await => {}
                        Holder::Unknown => return Err(failed(Call::Create, cause)),
                    }
                }
                Err(cause) => return Err(failed(Call::Create, cause)),
            }
        }
    }

    /// Looks who has the name, and takes what is left of earlier starts out of the way.
    async fn clear(&self, name: &str, wanted: &Identity) -> Result<Holder, ExecutorError> {
        let docker = &self.engine.docker;
        let found = match docker.inspect_container(name, None).await {
            Ok(found) => found,
            Err(cause) if is_absent(&cause) => return Ok(Holder::Unknown),
            Err(cause) => return Err(failed(Call::Create, cause)),
        };
        let id = found.id.clone().unwrap_or_default();
        let at = phase(found.state.as_ref());
        match identity(&found) {
            _ if at == Phase::Removing => {
                self.wait_until_removed(&id).await;
                Ok(Holder::Unknown)
            }
            Some(holder) if holder.is_same_place(wanted) => {
                self.clear_same_place(docker, id, at, &holder, wanted).await
            }
            Some(holder) if holder.is_successor(wanted) => {
                tracing::info!(
                    container = name,
                    run = %holder.run,
                    "replacing what an earlier run left"
                );
                Box::pin(self.end_and_remove(&id)).await?;
                // Its run is over: nothing else needs its network, unless it still has containers.
                drop(self.remove_networks_of(&holder.run).await);
                Ok(Holder::Cleared)
            }
            holder => {
                let whose = holder.map_or_else(
                    || "not flowctl's".to_owned(),
                    |h| {
                        format!(
                            "the component `{}` of the pipeline `{}`",
                            h.component, h.pipeline
                        )
                    },
                );
                let cause = format!(
                    "the container name `{name}` is taken by {} ({whose}): remove or rename that one",
                    &id[..id.len().min(12)]
                );
                Err(error(Call::Create, ExecutorErrorKind::Failed).caused_by(cause))
            }
        }
    }

    async fn clear_same_place(
        &self,
        docker: &Docker,
        id: String,
        at: Phase,
        holder: &Identity,
        wanted: &Identity,
    ) -> Result<Holder, ExecutorError> {
        if holder.generation == wanted.generation {
            return match at {
                Phase::Created | Phase::Running => Ok(Holder::Itself {
                    id,
                    is_running: at == Phase::Running,
                }),
                Phase::Ended | Phase::Removing => {
                    Err(error(Call::Start, ExecutorErrorKind::AlreadyExists))
                }
            };
        }
        if holder.generation > wanted.generation {
            let cause = format!("generation {} was started since", holder.generation);
            return Err(error(Call::Start, ExecutorErrorKind::AlreadyExists).caused_by(cause));
        }
        match at {
            Phase::Running => {
                let cause = format!("generation {} still runs", holder.generation);
                Err(error(Call::Start, ExecutorErrorKind::Busy).caused_by(cause))
            }
            // It never ran, and nobody has a handle of it.
            Phase::Created => {
                self.take_away(&id).await;
                Ok(Holder::Unknown)
            }
            // It is listed until it is removed; only the name passes on.
            Phase::Ended | Phase::Removing => {
                let options = RenameContainerOptionsBuilder::new()
                    .name(&holder.former_name())
                    .build();
                match docker.rename_container(&id, options).await {
                    Err(cause) if !is_absent(&cause) => Err(failed(Call::Create, cause)),
                    _ => Ok(Holder::Cleared),
                }
            }
        }
    }

    async fn end_and_remove(&self, id: &str) -> Result<(), ExecutorError> {
        let found = self.engine.docker.inspect_container(id, None).await;
        match found {
            Ok(found) => Box::pin(self.end(&found)).await?,
            Err(cause) if is_absent(&cause) => return Ok(()),
            Err(cause) => return Err(failed(Call::Stop, cause)),
        }
        self.remove_ended(id, Call::Remove).await
    }
}

/// How what an earlier run left is ended: as its own spec had it.
pub(super) fn as_its_spec_has_it(found: &ContainerInspectResponse) -> StopOptions {
    let config = found.config.as_ref();
    let mut options = StopOptions::default();
    if let Some(seconds) = config.and_then(|config| config.stop_timeout)
        && let Ok(seconds) = u64::try_from(seconds)
    {
        options.grace = Duration::from_secs(seconds);
    }
    if let Some(signal) = config.and_then(|config| config.stop_signal.clone()) {
        options.signal = signal;
    }
    options
}
