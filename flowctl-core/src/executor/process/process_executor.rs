use std::{io, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use rustix::process::Signal;
use tokio::sync::RwLock;

use super::{
    exec::exec,
    failure::{Failure, NAME},
    group::{Group, signal},
    identity::{Identity, Presence},
    instance_folder::private,
    kept_output,
    log::stream,
    os,
    ports::{Given, planned, reserve},
    record::State,
    refusals::{OF_CONTAINERS, refused},
    settings::Settings,
    standing::{Standing, list, standing},
    start::start,
    table::Table,
};
use crate::{
    ByteSize, RunId,
    executor::{
        BoundPort, Capabilities, Endpoint, Executor, ExecutorError, ExitReport, Handle, Instance,
        LogOptions, LogStream, Reader, Recovery, RunScope, StopOptions, WorkloadKind,
    },
    spec::ComponentSpec,
};

/// Starts components as processes of this machine. See the [module](super) for what it promises.
#[derive(Clone, Debug)]
pub struct ProcessExecutor {
    settings: Arc<Settings>,
    table: Arc<Table>,
    given: Arc<Given>,
    /// Held by every start until it is done, also when nobody waits for it any more.
    starts: Arc<RwLock<()>>,
}

/// How long a process that was killed may take to end.
const KILLED_WITHIN: Duration = Duration::from_secs(10);

impl ProcessExecutor {
    /// An executor whose records and logs lie in `folder`, which is made when it is needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            settings: Arc::new(Settings::new(folder)),
            table: Arc::default(),
            given: Arc::default(),
            starts: Arc::default(),
        }
    }

    /// Programs are looked for in this folder too, before `PATH`. May be said repeatedly.
    #[must_use]
    pub fn programs(mut self, folder: impl Into<PathBuf>) -> Self {
        Arc::make_mut(&mut self.settings)
            .programs
            .push(folder.into());
        self
    }

    /// How much of each of an instance's two outputs is kept; default 64 MiB, at least 256 KiB. The
    /// oldest lines go first.
    #[must_use]
    pub fn log_limit(mut self, limit: ByteSize) -> Self {
        Arc::make_mut(&mut self.settings).log_limit = limit.bytes();
        self
    }

    /// A component that names an image as well as a command is started by its command. What only a
    /// container honours is [set aside](Capabilities::set_aside). Without this such a component is refused.
    #[must_use]
    pub fn images_as_programs(mut self) -> Self {
        Arc::make_mut(&mut self.settings).images_as_programs = true;
        self
    }

    /// Does what touches files or starts processes where that blocks nobody, and to its end.
    async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let executor = self.clone();
        match tokio::task::spawn_blocking(move || act(&executor)).await {
            Ok(result) => result,
            Err(error) => Err(io::Error::other(error).into()),
        }
    }

    async fn standing(&self, handle: &Handle) -> Result<Standing, Failure> {
        let handle = handle.clone();
        self.blocking(move |this| Ok(standing(&this.settings, &this.table, &handle)?))
            .await
    }

    async fn report(&self, handle: &Handle) -> Result<ExitReport, Failure> {
        loop {
            match self.standing(handle).await? {
                Standing::Unknown => return Err(Failure::NotFound),
                Standing::Hidden(reason) => return Err(Failure::Hidden(reason)),
                Standing::Ended(report) => return Ok(report),
                Standing::Kept(entry) => return Ok(entry.report().await),
                // Its keeper writes down how it ended, or is gone before and is followed by this one.
                Standing::KeptElsewhere(identity) => {
                    if let Some(end) = os::EndOf::process(identity.pid)? {
                        let _ = tokio::time::timeout(Duration::from_secs(1), end.wait()).await;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    async fn bring_to_end(
        &self,
        handle: &Handle,
        ask: Signal,
        grace: Duration,
    ) -> Result<ExitReport, Failure> {
        let standing = self.standing(handle).await?;
        // The number of a child is its own until it is reaped. Of another process it has to be known
        // that it is there.
        let if_there = |identity: &Identity, signal| match identity.presence()? {
            Presence::Runs => Group::led_by(identity.pid)?.signal(signal),
            Presence::Ended | Presence::Hidden(_) => Ok(()),
        };
        let send = |signal| match &standing {
            Standing::Kept(entry) => match (&entry.surroundings, entry.record.identity()) {
                (None, Some(identity)) => if_there(identity, signal),
                _ => entry.control.signal(signal),
            },
            Standing::KeptElsewhere(identity) => if_there(identity, signal),
            Standing::Unknown | Standing::Ended(_) | Standing::Hidden(_) => Ok(()),
        };
        match &standing {
            Standing::Unknown => return Err(Failure::NotFound),
            Standing::Hidden(reason) => return Err(Failure::Hidden(reason.clone())),
            Standing::Ended(report) => return Ok(report.clone()),
            Standing::Kept(entry) if entry.is_over() => return Ok(entry.report().await),
            Standing::Kept(entry) => entry.control.allow(grace),
            Standing::KeptElsewhere(identity) => {
                if let Presence::Hidden(reason) = identity.presence()? {
                    return Err(Failure::Hidden(reason));
                }
            }
        }
        send(ask)?;
        // One that is stopped gets no other signal until it goes on.
        send(Signal::CONT)?;
        if let Ok(report) = tokio::time::timeout(grace, self.report(handle)).await {
            return report;
        }
        if let Standing::Kept(entry) = &standing {
            entry.control.force();
        }
        let folder = self.settings.folder_of(handle);
        self.blocking(move |_| Ok(folder.mark_forced()?)).await?;
        send(Signal::KILL)?;
        tokio::time::timeout(KILLED_WITHIN, self.report(handle))
            .await
            .map_err(|_| Failure::NotKilled)?
    }
}

#[async_trait]
impl Executor for ProcessExecutor {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        let images = self.settings.images_as_programs;
        let workloads = [WorkloadKind::Process]
            .into_iter()
            .chain(images.then_some(WorkloadKind::Image));
        let set_aside = images.then_some(OF_CONTAINERS).into_iter().flatten();
        let capabilities = Capabilities::of(workloads).setting_aside(set_aside);
        capabilities.with_fields([
            "args",
            "env",
            "health_port",
            "ports",
            "replicas",
            "secrets",
            "stop",
            "working_dir",
        ])
    }

    async fn open_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        let id = run.id.clone();
        let make = move |this: &Self| {
            let folder = &this.settings.folder;
            private().recursive(true).create(folder.join(id.as_str()))?;
            Ok(kept_output::reopen(folder, &id)?)
        };
        self.blocking(make)
            .await
            .map_err(|failure| failure.at("open a run"))
    }

    async fn close_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        let failed = |failure: Failure| failure.at("close a run");
        let mut result = Ok(());
        for handle in self.list(&run.id).await? {
            let ended = self
                .bring_to_end(&handle, Signal::KILL, KILLED_WITHIN)
                .await;
            if let Some(entry) = self.table.get(&handle) {
                self.given.release(entry.record.ports());
            }
            let forget = move |this: &Self| {
                ended?;
                this.settings.folder_of(&handle).forget()?;
                this.table.remove(&handle);
                Ok(())
            };
            result = result.and(self.blocking(forget).await);
        }
        result.map_err(failed)?;
        let id = run.id.clone();
        let close = move |this: &Self| Ok(kept_output::close(&this.settings.folder, &id)?);
        self.blocking(close).await.map_err(failed)
    }

    fn planned_ports(&self, component: &ComponentSpec) -> Vec<BoundPort> {
        planned(component)
    }

    async fn reserve(&self, instance: &Instance) -> Result<Vec<BoundPort>, ExecutorError> {
        let component = instance.component.clone();
        let reserve = move |this: &Self| match refused(&component, &this.settings) {
            Some("ports") => Err(Failure::Unsupported("ports")),
            _ => Ok(reserve(&component, &this.given)?),
        };
        let failed = |failure: Failure| failure.of("reserve the ports of", &instance.component.id);
        self.blocking(reserve).await.map_err(failed)
    }

    async fn start(&self, instance: &Instance) -> Result<Handle, ExecutorError> {
        let starting = instance.clone();
        let held = Arc::clone(&self.starts).read_owned().await;
        let start = move |this: &Self| {
            let started = start(&this.settings, &this.table, &starting);
            drop(held);
            started
        };
        let failed = |failure: Failure| failure.of("start", &instance.component.id);
        self.blocking(start).await.map_err(failed)
    }

    async fn recover(&self, handle: &Handle) -> Result<Recovery, ExecutorError> {
        let wanted = handle.clone();
        let recover = move |this: &Self| Ok(recover(this, &wanted)?);
        let failed = |failure: Failure| failure.of("recover", &handle.component);
        self.blocking(recover).await.map_err(failed)
    }

    async fn list(&self, run: &RunId) -> Result<Vec<Handle>, ExecutorError> {
        let run = run.clone();
        // A start that was dropped goes on until it is done, and belongs to the answer (E3).
        drop(self.starts.write().await);
        let list = move |this: &Self| Ok(list(&this.settings, &run)?);
        self.blocking(list)
            .await
            .map_err(|failure| failure.at("list the instances of a run"))
    }

    async fn wait(&self, handle: &Handle) -> Result<ExitReport, ExecutorError> {
        let failed = |failure: Failure| failure.of("wait for", &handle.component);
        self.report(handle).await.map_err(failed)
    }

    async fn stop(
        &self,
        handle: &Handle,
        options: StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        let failed = |failure: Failure| failure.of("stop", &handle.component);
        let ask = signal(&options.signal)
            .ok_or(Failure::Unsupported("stop.signal"))
            .map_err(failed)?;
        self.bring_to_end(handle, ask, options.grace)
            .await
            .map_err(failed)
    }

    async fn remove(&self, handle: &Handle) -> Result<(), ExecutorError> {
        let wanted = handle.clone();
        let remove = move |this: &Self| {
            match standing(&this.settings, &this.table, &wanted)? {
                Standing::Unknown => return Ok(()),
                Standing::Hidden(reason) => return Err(Failure::Hidden(reason)),
                Standing::KeptElsewhere(_) => return Err(Failure::Busy),
                Standing::Kept(entry) if !entry.is_over() => return Err(Failure::Busy),
                Standing::Kept(entry) => this.given.release(entry.record.ports()),
                Standing::Ended(_) => {}
            }
            this.settings.folder_of(&wanted).forget()?;
            this.table.remove(&wanted);
            let folder = &this.settings.folder;
            Ok(kept_output::leave_newest_generations(folder, &wanted)?)
        };
        let failed = |failure: Failure| failure.of("remove", &handle.component);
        self.blocking(remove).await.map_err(failed)
    }

    async fn endpoint(
        &self,
        handle: &Handle,
        port: Option<&str>,
        reader: Reader,
    ) -> Result<Endpoint, ExecutorError> {
        let wanted = handle.clone();
        let name = port.unwrap_or(BoundPort::MAIN).to_owned();
        let find = move |this: &Self| {
            let record = match this.table.get(&wanted) {
                Some(entry) => Some(entry.record.clone()),
                None => this.settings.folder_of(&wanted).read()?,
            };
            let known = record.filter(|record| record.handle().as_ref() == Some(&wanted));
            let known = known.ok_or(Failure::NotFound)?;
            let port = match reader {
                Reader::SameProcess | Reader::Host | Reader::RunNetwork => {
                    known.ports().find(|port| port.name == name)
                }
                Reader::Cluster => None,
            };
            let address = port.ok_or(Failure::NotFound)?.address;
            Ok(Endpoint::Network { address })
        };
        let failed = |failure: Failure| failure.of("find a port of", &handle.component);
        self.blocking(find).await.map_err(failed)
    }

    async fn logs(&self, handle: &Handle, options: LogOptions) -> Result<LogStream, ExecutorError> {
        let failed = |failure: Failure| failure.of("read the logs of", &handle.component);
        let wanted = handle.clone();
        let find = move |this: &Self| {
            let folder = this.settings.folder_of(&wanted);
            let record = folder.read()?.and_then(|record| record.handle());
            match record == Some(wanted) {
                true => Ok(folder),
                false => Err(Failure::NotFound),
            }
        };
        let folder = self.blocking(find).await.map_err(failed)?;
        stream(folder, handle, options).await.map_err(failed)
    }

    async fn exec(&self, handle: &Handle, command: &[String]) -> Result<ExitReport, ExecutorError> {
        let failed = |failure: Failure| failure.of("run a command in", &handle.component);
        let command = command.to_vec();
        let standing = self.standing(handle).await.map_err(failed)?;
        let start = move |this: &Self| exec(&this.settings, standing, command);
        let aside = self.blocking(start).await.map_err(failed)?;
        aside.report().await.map_err(failed)
    }
}

fn recover(this: &ProcessExecutor, handle: &Handle) -> io::Result<Recovery> {
    if this.table.get(handle).is_some() {
        return Ok(Recovery::Mine);
    }
    let cannot_tell = |reason: String| Ok(Recovery::CannotTell { reason });
    let identity = std::str::from_utf8(&handle.token)
        .ok()
        .and_then(|text| text.parse::<Identity>().ok());
    let Some(identity) = identity else {
        return Ok(Recovery::Gone);
    };
    let folder = this.settings.folder_of(handle);
    let record = folder.read()?;
    let known = record
        .as_ref()
        .is_some_and(|record| record.handle().as_ref() == Some(handle));
    if let Some(State::Ended(..)) = record.map(|record| record.state)
        && known
    {
        return Ok(Recovery::Mine);
    }
    match folder.presence(&identity)? {
        Presence::Ended => Ok(Recovery::Gone),
        Presence::Hidden(reason) => cannot_tell(reason),
        Presence::Runs if known => Ok(Recovery::Mine),
        Presence::Runs => {
            let Identity { pid, .. } = identity;
            cannot_tell(format!(
                "process {pid} runs, and nothing says that it is this instance"
            ))
        }
    }
}
