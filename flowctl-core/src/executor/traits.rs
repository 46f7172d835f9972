use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use async_trait::async_trait;

use super::{
    BoundPort, Capabilities, Endpoint, ExecutorError, ExecutorErrorKind, ExitReport, Handle,
    Instance, LogOptions, LogStream, Reader, Recovery, RunScope, StopOptions,
};
use crate::{RunId, spec::ComponentSpec};

/// A backend that starts instances of components and answers for them.
///
/// The clauses E1 to E14 are in the [module documentation](crate::executor). New methods will come
/// with defaults.
#[async_trait]
pub trait Executor: fmt::Debug + Send + Sync + 'static {
    /// The name in specs, plans, errors and labels: lowercase and stable, for example `docker`.
    fn name(&self) -> &str;

    /// Which workloads and which fields of a spec it honours.
    fn capabilities(&self) -> Capabilities;

    /// Prepares what all instances of a run share: a network, scratch space (E13).
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    async fn open_run(&self, run: &RunScope) -> Result<(), ExecutorError>;

    /// Takes away what `open_run` made, and any instance that is left (E13).
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind; what could be removed is removed all the same.
    async fn close_run(&self, run: &RunScope) -> Result<(), ExecutorError>;

    /// Gets hold of what `start` will need (pulls, builds), outside the start budget.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    async fn prepare(&self, instance: &Instance) -> Result<(), ExecutorError> {
        let _ = instance;
        Ok(())
    }

    /// What `reserve` would answer for such a component, as far as it is known before a start: a port that
    /// is chosen then has the number 0. Pure; the plan shows it. The default has no ports.
    fn planned_ports(&self, component: &ComponentSpec) -> Vec<BoundPort> {
        let _ = component;
        Vec::new()
    }

    /// Settles on which ports the instance will listen, before anything is started: those of its spec,
    /// and, for a component that serves and names none, ones that are free. Starts nothing. The answer
    /// goes into [`Instance::ports`] and into the environment that the instance is started with.
    ///
    /// The default is for backends whose instances do not listen: no ports.
    ///
    /// # Errors
    ///
    /// `Unsupported` with the field, or `Busy` with the owner as cause where a pinned port is taken.
    async fn reserve(&self, instance: &Instance) -> Result<Vec<BoundPort>, ExecutorError> {
        let _ = instance;
        Ok(Vec::new())
    }

    /// The address of this machine at which instances of the run reach it. Known once the run is open.
    /// The default is loopback.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind; `Unsupported` where instances cannot reach this machine at all.
    async fn host_address(&self, run: &RunScope) -> Result<IpAddr, ExecutorError> {
        let _ = run;
        Ok(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Starts an instance (E1, E2, E3, E8, E9).
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    async fn start(&self, instance: &Instance) -> Result<Handle, ExecutorError>;

    /// Whether the instance behind a stored handle is there and ours (E5, E14).
    ///
    /// # Errors
    ///
    /// Only when the backend cannot be asked.
    async fn recover(&self, handle: &Handle) -> Result<Recovery, ExecutorError>;

    /// All instances of a run, ended ones included until they are removed (E8).
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    async fn list(&self, run: &RunId) -> Result<Vec<Handle>, ExecutorError>;

    /// Waits until the instance has ended (E6, E12).
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    async fn wait(&self, handle: &Handle) -> Result<ExitReport, ExecutorError>;

    /// Brings the instance to an end (E4).
    ///
    /// # Errors
    ///
    /// [`ExecutorError`], by kind.
    async fn stop(
        &self,
        handle: &Handle,
        options: StopOptions,
    ) -> Result<ExitReport, ExecutorError>;

    /// Forgets an instance that has ended. Removing what is not there is fine.
    ///
    /// # Errors
    ///
    /// `Busy` while the instance runs.
    async fn remove(&self, handle: &Handle) -> Result<(), ExecutorError>;

    /// Where `reader` reaches the named port of an instance; with no port, the instance itself.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown instance or port.
    async fn endpoint(
        &self,
        handle: &Handle,
        port: Option<&str>,
        reader: Reader,
    ) -> Result<Endpoint, ExecutorError>;

    /// What the instance writes to its output streams (E7). The default has no logs: the stream is
    /// empty.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown instance.
    async fn logs(&self, handle: &Handle, options: LogOptions) -> Result<LogStream, ExecutorError> {
        let _ = (handle, options);
        Ok(LogStream::empty())
    }

    /// Runs a command inside a running instance, waits for it and reports its end. What it writes is
    /// dropped. Cutting the call short ends the command. The default cannot.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown or ended instance; `Unsupported` where the backend has no such thing.
    async fn exec(&self, handle: &Handle, command: &[String]) -> Result<ExitReport, ExecutorError> {
        let _ = command;
        let field = "exec".to_owned();
        let kind = ExecutorErrorKind::Unsupported { field };
        Err(ExecutorError::new(self.name(), "run a command in", kind).of(handle.component.clone()))
    }
}
