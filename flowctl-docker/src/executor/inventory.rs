use std::{collections::BTreeMap, time::SystemTime};

use bollard::{
    models::{ContainerInspectResponse, ContainerSummary, ContainerSummaryStateEnum},
    query_parameters::{
        ListContainersOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder,
    },
};
use flowctl_core::{
    Namespace, PipelineName, RunId,
    executor::{ExecutorError, Handle, RunScope},
};

use super::{DockerExecutor, docker_executor::identity};
use crate::{
    container::{Identity, label},
    error::{Call, failed, is_absent},
};

/// A container of flowctl's, of whichever run and pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// Its id in the engine.
    pub id: String,
    /// Its name in the engine.
    pub name: String,
    /// The run that it belongs to.
    pub run: RunScope,
    /// With this the executor stops and removes it.
    pub handle: Handle,
    /// The SHA-256 of the component's spec, in JSON.
    pub spec: String,
    /// The image, as its spec names it.
    pub image: String,
    /// What it does.
    pub state: ContainerState,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// Its ports, by name: the port of this machine that leads there, where it runs.
    pub ports: BTreeMap<String, Option<u16>>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContainerState {
    /// It was made and has not run.
    Created,
    /// It runs.
    Running,
    /// Somebody paused it.
    Paused,
    /// It has ended.
    Ended,
}

impl DockerExecutor {
    /// All containers of flowctl's, or those of one pipeline; needs no memory of any process.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    pub async fn containers(
        &self,
        of: Option<(&Namespace, &PipelineName)>,
    ) -> Result<Vec<Container>, ExecutorError> {
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&of_pipeline(of))
            .build();
        let listed = self.engine.docker.list_containers(Some(options)).await;
        let listed = listed.map_err(|cause| failed(Call::List, cause))?;
        let mut containers: Vec<Container> = listed.iter().filter_map(container).collect();
        containers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(containers)
    }

    /// Ends and removes everything that runs of a pipeline left in the engine, but for named volumes:
    /// what a crash of flowctl leaves behind.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind; what could be removed is removed all the same.
    pub async fn sweep(
        &self,
        namespace: &Namespace,
        pipeline: &PipelineName,
    ) -> Result<(), ExecutorError> {
        let docker = &self.engine.docker;
        let mut runs: Vec<RunId> = self
            .containers(Some((namespace, pipeline)))
            .await?
            .into_iter()
            .map(|container| container.run.id)
            .collect();
        let options = bollard::query_parameters::ListNetworksOptionsBuilder::new()
            .filters(&of_pipeline(Some((namespace, pipeline))))
            .build();
        let networks = docker.list_networks(Some(options)).await;
        for network in networks.map_err(|cause| failed(Call::List, cause))? {
            let run = network
                .labels
                .as_ref()
                .and_then(|labels| labels.get(label::RUN));
            runs.extend(run.and_then(|run| run.parse().ok()));
        }
        runs.sort_unstable();
        runs.dedup();
        let mut result = Ok(());
        for run in runs {
            let containers = self.remove_all_of(&run).await;
            let networks = self.remove_networks_of(&run).await;
            result = result.and(containers).and(networks);
        }
        result
    }

    /// The named volumes of a pipeline: the user's data.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    pub async fn volumes(
        &self,
        namespace: &Namespace,
        pipeline: &PipelineName,
    ) -> Result<Vec<String>, ExecutorError> {
        let options = ListVolumesOptionsBuilder::new()
            .filters(&of_pipeline(Some((namespace, pipeline))))
            .build();
        let listed = self.engine.docker.list_volumes(Some(options)).await;
        let listed = listed.map_err(|cause| failed(Call::Volumes, cause))?;
        let volumes = listed.volumes.unwrap_or_default();
        let mut names: Vec<String> = volumes.into_iter().map(|volume| volume.name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Removes the named volumes of a pipeline, and with them the data. Answers with their names.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind; `Failed` while a container has one of them.
    pub async fn remove_volumes(
        &self,
        namespace: &Namespace,
        pipeline: &PipelineName,
    ) -> Result<Vec<String>, ExecutorError> {
        let names = self.volumes(namespace, pipeline).await?;
        for name in &names {
            let options = RemoveVolumeOptionsBuilder::new().build();
            match self.engine.docker.remove_volume(name, Some(options)).await {
                Err(cause) if !is_absent(&cause) => return Err(failed(Call::Volumes, cause)),
                _ => {}
            }
        }
        Ok(names)
    }
}

fn of_pipeline(
    of: Option<(&Namespace, &PipelineName)>,
) -> std::collections::HashMap<String, Vec<String>> {
    let labels = match of {
        Some((namespace, pipeline)) => vec![
            format!("{}={namespace}", label::NAMESPACE),
            format!("{}={pipeline}", label::PIPELINE),
        ],
        None => vec![label::PIPELINE.to_owned()],
    };
    [("label".to_owned(), labels)].into()
}

/// The handle of a container in a list.
pub(super) fn handle(listed: &ContainerSummary) -> Option<Handle> {
    let identity = Identity::read(listed.labels.as_ref()?)?;
    Some(of(&identity, listed.id.as_deref()?))
}

/// The handle of a container that was looked at.
pub(super) fn handle_of(found: &ContainerInspectResponse) -> Option<Handle> {
    Some(of(&identity(found)?, found.id.as_deref()?))
}

fn of(identity: &Identity, id: &str) -> Handle {
    Handle::found(
        identity.run.clone(),
        identity.component.clone(),
        identity.index,
        identity.generation,
        id.to_owned(),
    )
}

fn container(listed: &ContainerSummary) -> Option<Container> {
    use ContainerSummaryStateEnum as State;

    let labels = listed.labels.as_ref()?;
    let identity = Identity::read(labels)?;
    let id = listed.id.clone()?;
    let published = |key: &String| {
        let (number, _) = key.split_once('/')?;
        let number: u16 = number.parse().ok()?;
        let mut ports = listed.ports.iter().flatten();
        ports.find(|port| port.private_port == number)?.public_port
    };
    let ports = labels
        .iter()
        .filter_map(|(key, value)| {
            let name = key.strip_prefix(label::PORT)?;
            Some((name.to_owned(), published(value)))
        })
        .collect();
    let created = listed
        .created
        .and_then(|seconds| u64::try_from(seconds).ok());
    let name = listed.names.iter().flatten().next();
    Some(Container {
        handle: of(&identity, &id),
        id,
        name: name
            .map_or("", |name| name.trim_start_matches('/'))
            .to_owned(),
        run: RunScope::new(identity.namespace, identity.pipeline, identity.run),
        spec: identity.spec,
        image: listed.image.clone().unwrap_or_default(),
        state: match listed.state {
            Some(State::CREATED) => ContainerState::Created,
            Some(State::PAUSED) => ContainerState::Paused,
            Some(State::RUNNING | State::RESTARTING) => ContainerState::Running,
            _ => ContainerState::Ended,
        },
        created: created
            .map(|seconds| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)),
        ports,
    })
}
