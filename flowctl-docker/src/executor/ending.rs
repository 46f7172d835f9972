use std::time::Duration;

use bollard::{
    errors::Error,
    models::ContainerInspectResponse,
    query_parameters::{
        KillContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
        WaitContainerOptionsBuilder,
    },
};
use flowctl_core::{
    RunId,
    executor::{ExecutorError, ExecutorErrorKind, ExitReport, Handle, StopOptions},
};
use futures_util::StreamExt;

use super::{
    DockerExecutor,
    docker_executor::{container_id, with_label},
    naming::as_its_spec_has_it,
};
use crate::{
    container::{Phase, exit_report, label, phase},
    error::{Call, NAME, failed, is_absent, is_broken, is_conflict},
};

/// How long a container may take to end once it was killed; the kernel does it at once, unless the
/// process hangs in a device.
const KILLED_WITHIN: Duration = Duration::from_secs(30);
/// How often a container that was made is looked at while it waits to be started: the engine cannot
/// say that it has been.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How many containers are taken away at once.
const AT_ONCE: usize = 8;

impl DockerExecutor {
    pub(super) async fn wait_for_end(&self, handle: &Handle) -> Result<ExitReport, ExecutorError> {
        let mut outage = self.outage();
        let mut has_waited = false;
        loop {
            let error = match self.find(handle, Call::Wait).await {
                Ok(found) => {
                    outage.is_over();
                    match phase(found.state.as_ref()) {
                        Phase::Ended | Phase::Removing => return Ok(self.report(&found)),
                        Phase::Running => {
                            // A wait that ended before the container did was cut off, or its word has
                            // overtaken the state.
                            if std::mem::replace(&mut has_waited, true) {
                                outage.pause().await;
                            }
                            match self.next_end(handle, "not-running").await {
                                Ok(()) => continue,
                                Err(cause) if is_absent(&cause) => continue,
                                Err(cause) => failed(Call::Wait, cause),
                            }
                        }
                        // `not-running` is true of it already, `next-exit` may come too late.
                        Phase::Created => {
                            let end = self.next_end(handle, "next-exit");
                            drop(tokio::time::timeout(LOOK_AGAIN, end).await);
                            continue;
                        }
                    }
                }
                Err(error) => error,
            };
            // What a wait that was cut off had to say is asked anew: the container's state decides.
            let is_away = *error.kind() == ExecutorErrorKind::Unavailable;
            if !(is_away && outage.endure().await) {
                return Err(error.of(handle.component.clone()));
            }
        }
    }

    /// Waits for the condition. How the container ended is asked of its state instead.
    async fn next_end(&self, handle: &Handle, condition: &str) -> Result<(), Error> {
        let options = WaitContainerOptionsBuilder::new()
            .condition(condition)
            .build();
        let docker = &self.engine.docker;
        let mut waiting = Box::pin(docker.wait_container(container_id(handle), Some(options)));
        match waiting.next().await {
            None | Some(Ok(_) | Err(Error::DockerContainerWaitError { .. })) => Ok(()),
            Some(Err(cause)) => Err(cause),
        }
    }

    fn report(&self, found: &ContainerInspectResponse) -> ExitReport {
        let id = found.id.as_deref().unwrap_or_default();
        exit_report(found.state.as_ref(), self.was_forced(id))
    }

    pub(super) async fn stop_container(
        &self,
        handle: &Handle,
        options: &StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        let found = self.find(handle, Call::Stop).await?;
        self.stop_found(handle, &found, options).await
    }

    async fn stop_found(
        &self,
        handle: &Handle,
        found: &ContainerInspectResponse,
        options: &StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        if phase(found.state.as_ref()) != Phase::Running {
            return Ok(self.report(found));
        }
        let id = container_id(handle);
        self.signal(handle, &options.signal).await?;
        if let Ok(ended) = tokio::time::timeout(options.grace, self.wait_for_end(handle)).await {
            return ended;
        }
        let found = self.find(handle, Call::Stop).await?;
        if phase(found.state.as_ref()) != Phase::Running {
            return Ok(self.report(&found));
        }
        self.note_forced(id);
        self.signal(handle, "SIGKILL").await?;
        let ended = tokio::time::timeout(KILLED_WITHIN, self.wait_for_end(handle)).await;
        ended.unwrap_or_else(|_| {
            let kind = ExecutorErrorKind::Timeout;
            Err(ExecutorError::new(NAME, Call::Stop.action(), kind).of(handle.component.clone()))
        })
    }

    /// Sends a signal, also through a restart of the engine. To what has ended it need not be sent.
    ///
    /// `kill`, not `stop`: engines before 1.42 ignore the signal of a stop, and a stop that is cut off
    /// goes on.
    async fn signal(&self, handle: &Handle, signal: &str) -> Result<(), ExecutorError> {
        let mut outage = self.outage();
        loop {
            let options = KillContainerOptionsBuilder::new().signal(signal).build();
            let docker = &self.engine.docker;
            match docker
                .kill_container(container_id(handle), Some(options))
                .await
            {
                Ok(()) => return Ok(()),
                Err(cause) if is_conflict(&cause) => return Ok(()),
                Err(cause) if is_broken(&cause) && outage.endure().await => {}
                Err(cause) => {
                    return Err(failed(Call::Stop, cause).of(handle.component.clone()));
                }
            }
        }
    }

    pub(super) async fn remove_container(&self, handle: &Handle) -> Result<(), ExecutorError> {
        let of = |error: ExecutorError| error.of(handle.component.clone());
        let found = match self.find(handle, Call::Remove).await {
            Err(error) if *error.kind() == ExecutorErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        if phase(found.state.as_ref()) == Phase::Running {
            let kind = ExecutorErrorKind::Busy;
            return Err(of(ExecutorError::new(NAME, Call::Remove.action(), kind)));
        }
        self.remove_ended(container_id(handle), Call::Remove)
            .await
            .map_err(of)
    }

    /// Removes a container that does not run, and its anonymous volumes.
    pub(super) async fn remove_ended(&self, id: &str, call: Call) -> Result<(), ExecutorError> {
        let options = RemoveContainerOptionsBuilder::new().v(true).build();
        match self.engine.docker.remove_container(id, Some(options)).await {
            Ok(()) => {}
            Err(cause) if is_absent(&cause) => {}
            Err(cause)
                if is_conflict(&cause) && cause.to_string().contains("already in progress") =>
            {
                self.wait_until_removed(id).await;
            }
            Err(cause) => return Err(failed(call, cause)),
        }
        self.forget_forced(id);
        Ok(())
    }

    pub(super) async fn wait_until_removed(&self, id: &str) {
        let options = WaitContainerOptionsBuilder::new()
            .condition("removed")
            .build();
        let docker = &self.engine.docker;
        let mut waiting = Box::pin(docker.wait_container(id, Some(options)));
        // However it ends, what comes next finds out whether the container is gone.
        drop(tokio::time::timeout(KILLED_WITHIN, waiting.next()).await);
    }

    /// Ends and removes all containers of a run, several at once. What can be removed is.
    pub(super) async fn remove_all_of(&self, run: &RunId) -> Result<(), ExecutorError> {
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&with_label(label::RUN, run.as_str()))
            .build();
        let listed = self.engine.docker.list_containers(Some(options)).await;
        let listed = listed.map_err(|cause| failed(Call::CloseRun, cause))?;
        let ids = listed.into_iter().filter_map(|container| container.id);
        let results: Vec<Result<(), ExecutorError>> = futures_util::stream::iter(ids)
            .map(|id| async move { self.close_container(&id).await })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        results.into_iter().collect()
    }

    async fn close_container(&self, id: &str) -> Result<(), ExecutorError> {
        match self.engine.docker.inspect_container(id, None).await {
            Ok(found) => Box::pin(self.end(&found)).await?,
            Err(cause) if is_absent(&cause) => return Ok(()),
            Err(cause) => return Err(failed(Call::CloseRun, cause)),
        }
        self.remove_ended(id, Call::CloseRun).await
    }

    /// Brings a container of ours to its end, as its own spec had it.
    pub(super) async fn end(&self, found: &ContainerInspectResponse) -> Result<(), ExecutorError> {
        let Some(handle) = super::inventory::handle_of(found) else {
            return Ok(());
        };
        match self
            .stop_found(&handle, found, &as_its_spec_has_it(found))
            .await
        {
            Err(error) if *error.kind() == ExecutorErrorKind::NotFound => Ok(()),
            ended => ended.map(drop),
        }
    }
}
