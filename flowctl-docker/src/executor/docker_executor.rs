use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bollard::{models::ContainerInspectResponse, query_parameters::ListContainersOptionsBuilder};
use flowctl_core::{
    ComponentSpec, Executor, RunId,
    executor::{
        BoundPort, Capabilities, Endpoint, ExecutorError, ExecutorErrorKind, ExitReport, Handle,
        Instance, LogOptions, LogStream, Reader, Recovery, RunScope, StopOptions, WorkloadKind,
    },
};

use super::{Outage, inventory};
use crate::{
    Engine,
    container::{Identity, label},
    error::{Call, NAME, failed, is_absent},
    logs::LogReader,
};

/// Starts components as containers of one engine.
///
/// * A run has a bridge network of its own, in which the components find each other under their ids and
///   aliases.
/// * A container is called `{pipeline}-{component}-{n}`; which instance it is, is in its labels
///   (`io.flowctl.*`), and these are what it is found by. A container that an earlier run of the same
///   pipeline left is ended and replaced; one of somebody else with the same name is left alone and
///   named in the error.
/// * Unless the spec says otherwise a container runs without root, capabilities and new privileges, on
///   a root folder that it cannot write to. Its program is process 1: a program that does not handle
///   its stop signal is ended by force once the grace period is over.
/// * Ports are published on loopback. Named volumes are `{pipeline}_{name}`, and are never removed but
///   by [`remove_volumes`](Self::remove_volumes).
///
/// Calls that wait (`wait`, `stop`, a followed log) stand an engine that is restarted, for 60 s unless
/// [`with_patience`](Self::with_patience) says otherwise. All others are `Unavailable`: at once where
/// nobody listens, after 60 s where nobody answers. Events of the engine are not used:
/// its memory of them is small, and none is kept through a restart.
#[derive(Clone)]
pub struct DockerExecutor {
    pub(super) engine: Engine,
    patience: Duration,
    /// The containers whose grace period ran out, by id: engines do not know.
    forced: Arc<Mutex<BTreeSet<String>>>,
}

impl DockerExecutor {
    /// An executor on this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            patience: Duration::from_secs(60),
            forced: Arc::default(),
        }
    }

    /// The same executor, whose waiting calls stand an engine that is away for this long.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) const fn outage(&self) -> Outage {
        Outage::new(self.patience)
    }

    /// The container behind a handle, which is the handle's own.
    pub(super) async fn find(
        &self,
        handle: &Handle,
        call: Call,
    ) -> Result<ContainerInspectResponse, ExecutorError> {
        let of = |error: ExecutorError| error.of(handle.component.clone());
        let docker = &self.engine.docker;
        let found = docker
            .inspect_container(container_id(handle), None)
            .await
            .map_err(|cause| of(failed(call, cause)))?;
        match identity(&found) {
            Some(identity) if identity.is_of(handle) => Ok(found),
            _ => Err(of(not_found(call))),
        }
    }

    pub(super) fn note_forced(&self, container: &str) {
        self.forced_ids().insert(container.to_owned());
    }

    pub(super) fn forget_forced(&self, container: &str) {
        self.forced_ids().remove(container);
    }

    pub(super) fn was_forced(&self, container: &str) -> bool {
        self.forced_ids().contains(container)
    }

    fn forced_ids(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.forced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn error(call: Call, kind: ExecutorErrorKind) -> ExecutorError {
    ExecutorError::new(NAME, call.action(), kind)
}

pub(super) fn not_found(call: Call) -> ExecutorError {
    error(call, ExecutorErrorKind::NotFound)
}

/// The container's id, which is the handle's token.
pub(super) fn container_id(handle: &Handle) -> &str {
    // A token that is no text is nobody's container.
    std::str::from_utf8(&handle.token).unwrap_or("-")
}

pub(super) fn identity(found: &ContainerInspectResponse) -> Option<Identity> {
    Identity::read(found.config.as_ref()?.labels.as_ref()?)
}

/// What lists are narrowed to: things that carry this label.
pub(super) fn with_label(key: &str, value: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{key}={value}")])])
}

#[async_trait]
impl Executor for DockerExecutor {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of([WorkloadKind::Image]).with_fields([
            "image_policy",
            "working_dir",
            "ports",
            "resources",
            "volumes",
            "secrets",
            "security",
            "aliases",
        ])
    }

    async fn open_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        self.open_network(run).await
    }

    async fn close_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        let containers = self.remove_all_of(&run.id).await;
        let networks = self.remove_networks_of(&run.id).await;
        containers.and(networks)
    }

    async fn prepare(&self, instance: &Instance) -> Result<(), ExecutorError> {
        self.have_image(instance).await
    }

    fn planned_ports(&self, component: &ComponentSpec) -> Vec<BoundPort> {
        crate::container::reserved(component)
    }

    async fn reserve(&self, instance: &Instance) -> Result<Vec<BoundPort>, ExecutorError> {
        self.check_pinned_ports(instance).await?;
        Ok(crate::container::reserved(&instance.component))
    }

    async fn host_address(&self, run: &RunScope) -> Result<IpAddr, ExecutorError> {
        self.gateway(run).await
    }

    async fn start(&self, instance: &Instance) -> Result<Handle, ExecutorError> {
        Box::pin(self.start_container(instance))
            .await
            .map_err(|error| error.of(instance.component.id.clone()))
    }

    async fn recover(&self, handle: &Handle) -> Result<Recovery, ExecutorError> {
        let docker = &self.engine.docker;
        let found = match docker.inspect_container(container_id(handle), None).await {
            Ok(found) => found,
            Err(cause) if is_absent(&cause) => return Ok(Recovery::Gone),
            Err(cause) => {
                return Err(failed(Call::Inspect, cause).of(handle.component.clone()));
            }
        };
        Ok(match identity(&found) {
            Some(identity) if identity.is_of(handle) => Recovery::Mine,
            _ => Recovery::CannotTell {
                reason: format!(
                    "the labels of container {} are not those of the instance",
                    container_id(handle)
                ),
            },
        })
    }

    async fn list(&self, run: &RunId) -> Result<Vec<Handle>, ExecutorError> {
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&with_label(label::RUN, run.as_str()))
            .build();
        let listed = self.engine.docker.list_containers(Some(options)).await;
        let listed = listed.map_err(|cause| failed(Call::List, cause))?;
        Ok(listed.iter().filter_map(inventory::handle).collect())
    }

    async fn wait(&self, handle: &Handle) -> Result<ExitReport, ExecutorError> {
        self.wait_for_end(handle).await
    }

    async fn stop(
        &self,
        handle: &Handle,
        options: StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        self.stop_container(handle, &options).await
    }

    async fn remove(&self, handle: &Handle) -> Result<(), ExecutorError> {
        self.remove_container(handle).await
    }

    async fn endpoint(
        &self,
        handle: &Handle,
        port: Option<&str>,
        reader: Reader,
    ) -> Result<Endpoint, ExecutorError> {
        self.find_port(handle, port, reader).await
    }

    async fn logs(&self, handle: &Handle, options: LogOptions) -> Result<LogStream, ExecutorError> {
        self.find(handle, Call::Logs).await?;
        let reader = LogReader::new(
            self.engine.docker.clone(),
            container_id(handle).to_owned(),
            options,
            self.outage(),
        );
        Ok(reader.into_stream())
    }

    async fn exec(&self, handle: &Handle, command: &[String]) -> Result<ExitReport, ExecutorError> {
        self.run_command(handle, command).await
    }
}

impl fmt::Debug for DockerExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerExecutor")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
