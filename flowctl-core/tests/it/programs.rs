//! Programs that are played: a backend whose instances follow a script, what asks them and what speaks
//! with them. Time is paused in the tests that use it.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use flowctl_core::{
    Batch, ComponentId, Connector, Executor, Prober, Processor, RunId, Sink, Source,
    component::{ComponentContext, ComponentError, Output},
    connector::{ConnectError, Served},
    control::{ControlPlane, Roster},
    executor::{
        BoundPort, Capabilities, Endpoint, ExecutorError, ExecutorErrorKind, ExitReport,
        ExitStatus, Handle, Instance, LogLine, LogOptions, LogStream, Reader, Recovery, RunScope,
        StopOptions, Stream, WantedPort, WorkloadKind,
    },
    spec::{Check, ComponentSpec},
    testing::{Numbers, Vault},
};
use tokio::sync::watch;

/// What a program does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// Questions that it does not pass before the first that it does; `None`: it never passes one.
    pub(crate) unready: Option<u32>,
    /// It ends by itself after this time, like this.
    pub(crate) ends: Option<(Duration, ExitStatus)>,
    /// The time from being asked to end to the end; `None`: it does not listen.
    pub(crate) ends_within: Option<Duration>,
    /// What it writes when it starts.
    pub(crate) writes: Vec<&'static str>,
}

impl Script {
    /// Ready at the first question, ends at once when asked.
    pub(crate) fn good() -> Self {
        Self {
            unready: Some(0),
            ends: None,
            ends_within: Some(Duration::ZERO),
            writes: Vec::new(),
        }
    }

    pub(crate) fn ends(mut self, after: Duration, status: ExitStatus) -> Self {
        self.ends = Some((after, status));
        self
    }
}

/// The machine that programs run on. It outlives any one flowctl.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    scripts: BTreeMap<String, Script>,
    running: BTreeMap<String, Played>,
    did: Vec<String>,
    /// `recover` cannot tell.
    pub(crate) blind: bool,
}

#[derive(Debug)]
struct Played {
    instance: Instance,
    asked: u32,
    ended: watch::Sender<Option<ExitReport>>,
    script: Script,
}

impl Machine {
    pub(crate) fn play(&self, id: &str, script: Script) {
        self.state().scripts.insert(id.to_owned(), script);
    }

    /// What was done to programs, in order: `start a`, `stop a`.
    pub(crate) fn did(&self) -> Vec<String> {
        std::mem::take(&mut self.state().did)
    }

    /// The programs that run.
    pub(crate) fn running(&self) -> Vec<String> {
        let state = self.state();
        let running = state
            .running
            .iter()
            .filter(|(_, played)| played.ended.borrow().is_none());
        running
            .map(|(key, _)| key.split('/').next().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn environment(&self, id: &str) -> BTreeMap<String, String> {
        let state = self.state();
        let played = state
            .running
            .values()
            .find(|played| played.instance.component.id == *id);
        played
            .map(|played| played.instance.environment.clone())
            .unwrap_or_default()
    }

    pub(crate) fn end(&self, id: &str, status: &ExitStatus) {
        for played in self
            .state()
            .running
            .values()
            .filter(|played| played.instance.component.id == *id)
        {
            played.ended.send_if_modified(|ended| {
                let first = ended.is_none();
                ended.get_or_insert(ExitReport::new(status.clone()));
                first
            });
        }
    }

    pub(crate) fn be_blind(&self) {
        self.state().blind = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

/// One flowctl's executor on the machine.
#[derive(Debug)]
pub(crate) struct Programs(pub(crate) Machine);

fn key(handle: &Handle) -> String {
    format!("{}/{}/{}", handle.component, handle.run, handle.generation)
}

impl Programs {
    fn ended(&self, handle: &Handle) -> Result<watch::Receiver<Option<ExitReport>>, ExecutorError> {
        let state = self.0.state();
        let played = state.running.get(&key(handle));
        played
            .map(|played| played.ended.subscribe())
            .ok_or_else(|| ExecutorError::new("programs", "find", ExecutorErrorKind::NotFound))
    }
}

#[async_trait]
impl Executor for Programs {
    fn name(&self) -> &str {
        "programs"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of([WorkloadKind::Process, WorkloadKind::Image])
            .with_fields(["args", "env", "ports", "health_port"])
            .setting_aside(["image_policy"])
    }

    async fn open_run(&self, _: &RunScope) -> Result<(), ExecutorError> {
        Ok(())
    }

    async fn close_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        self.0
            .state()
            .running
            .retain(|_, played| played.instance.run.id != run.id);
        Ok(())
    }

    fn planned_ports(&self, component: &ComponentSpec) -> Vec<BoundPort> {
        let bound = |wanted: WantedPort| {
            let number = wanted.declared.unwrap_or(1);
            let port = BoundPort::new(wanted.name, number, format!("{}:{number}", component.id));
            wanted
                .declared
                .map_or(port.clone(), |declared| port.declared(declared))
        };
        WantedPort::of(component).into_iter().map(bound).collect()
    }

    async fn reserve(&self, instance: &Instance) -> Result<Vec<BoundPort>, ExecutorError> {
        Ok(self.planned_ports(&instance.component))
    }

    async fn start(&self, instance: &Instance) -> Result<Handle, ExecutorError> {
        let handle = Handle::new(instance, "");
        let id = instance.component.id.to_string();
        let mut state = self.0.state();
        state.did.push(format!("start {id}"));
        let script = state.scripts.get(&id).cloned().unwrap_or_else(Script::good);
        let (ended, _) = watch::channel(None);
        if let Some((after, status)) = script.ends.clone() {
            let ended = ended.clone();
            #[expect(clippy::disallowed_methods, reason = "a program is nobody's task")]
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                ended.send_if_modified(|now| {
                    let first = now.is_none();
                    now.get_or_insert(ExitReport::new(status));
                    first
                });
            });
        }
        let played = Played {
            instance: instance.clone(),
            asked: 0,
            ended,
            script,
        };
        state.running.insert(key(&handle), played);
        Ok(handle)
    }

    async fn recover(&self, handle: &Handle) -> Result<Recovery, ExecutorError> {
        let state = self.0.state();
        Ok(match state.running.contains_key(&key(handle)) {
            _ if state.blind => Recovery::CannotTell {
                reason: "it is dark".to_owned(),
            },
            true => Recovery::Mine,
            false => Recovery::Gone,
        })
    }

    async fn list(&self, run: &RunId) -> Result<Vec<Handle>, ExecutorError> {
        let state = self.0.state();
        let of_run = state
            .running
            .values()
            .filter(|played| played.instance.run.id == *run);
        Ok(of_run
            .map(|played| Handle::new(&played.instance, ""))
            .collect())
    }

    async fn wait(&self, handle: &Handle) -> Result<ExitReport, ExecutorError> {
        let mut ended = self.ended(handle)?;
        let ended = ended.wait_for(Option::is_some).await.unwrap();
        Ok(ended.clone().unwrap())
    }

    async fn stop(
        &self,
        handle: &Handle,
        options: StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        let mut ended = self.ended(handle)?;
        let script = {
            let mut state = self.0.state();
            let script = state.running[&key(handle)].script.clone();
            if ended.borrow().is_none() {
                state.did.push(format!("stop {}", handle.component));
            }
            script
        };
        if ended.borrow().is_none() {
            let (takes, forced) = match script.ends_within {
                Some(takes) if takes <= options.grace => (takes, false),
                _ => (options.grace, true),
            };
            tokio::select! {
                () = tokio::time::sleep(takes) => {}
                _ = ended.wait_for(Option::is_some) => {}
            }
            let status = if forced {
                ExitStatus::Signal(9)
            } else {
                ExitStatus::Code(0)
            };
            let state = self.0.state();
            if let Some(played) = state.running.get(&key(handle)) {
                played.ended.send_if_modified(|now| {
                    let first = now.is_none();
                    now.get_or_insert(ExitReport::new(status).forced(forced));
                    first
                });
            }
        }
        self.wait(handle).await
    }

    async fn remove(&self, handle: &Handle) -> Result<(), ExecutorError> {
        self.0.state().running.remove(&key(handle));
        Ok(())
    }

    async fn endpoint(
        &self,
        handle: &Handle,
        port: Option<&str>,
        _: Reader,
    ) -> Result<Endpoint, ExecutorError> {
        Ok(Endpoint::Network {
            address: format!("{}#{}", key(handle), port.unwrap_or("none")),
        })
    }

    async fn logs(&self, handle: &Handle, options: LogOptions) -> Result<LogStream, ExecutorError> {
        let state = self.0.state();
        let writes = state
            .running
            .get(&key(handle))
            .map(|played| played.script.writes.clone());
        let lines = writes.unwrap_or_default().into_iter();
        let lines = lines.map(|line| Ok(LogLine::new(SystemTime::now(), Stream::Err, line.into())));
        let lines = futures_util::stream::iter(lines.collect::<Vec<_>>());
        use futures_util::StreamExt as _;
        Ok(match options.follow {
            true => LogStream::new(lines.chain(futures_util::stream::pending())),
            false => LogStream::new(lines),
        })
    }
}

/// Asks the programs of a machine.
#[async_trait]
impl Prober for Programs {
    fn can(&self, check: &Check) -> bool {
        matches!(
            check,
            Check::Http { .. } | Check::Grpc { .. } | Check::Tcp { .. }
        )
    }

    async fn ask(&self, _: &Check, address: &str) -> Result<(), String> {
        let mut state = self.0.state();
        let played = state.running.get_mut(address.split('#').next().unwrap());
        let played = played.ok_or("connection refused")?;
        played.asked += 1;
        match played.script.unready {
            Some(unready) if played.asked > unready => Ok(()),
            _ => Err("503 starting".to_owned()),
        }
    }
}

/// Speaks `test.v1`: programs that are sources count, sinks keep, processors pass on.
#[derive(Debug)]
pub(crate) struct Speaker {
    pub(crate) numbers: Numbers,
    pub(crate) vault: Vault,
    pub(crate) machine: Machine,
}

struct Pass;

#[async_trait]
impl Processor for Pass {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        Ok(Output::unchanged(batch))
    }
}

#[async_trait]
impl Connector for Speaker {
    fn protocols(&self) -> Vec<String> {
        vec!["test.v1".to_owned()]
    }

    async fn source(
        &self,
        served: &Served,
        _: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        assert!(served.address.contains("main"), "{served:?}");
        Ok(Box::new(self.numbers.clone()))
    }

    async fn processor(
        &self,
        _: &Served,
        _: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError> {
        Ok(Box::new(Pass))
    }

    async fn sink(&self, _: &Served, _: ComponentContext) -> Result<Box<dyn Sink>, ConnectError> {
        Ok(self.vault.sink())
    }

    async fn drain(&self, served: &Served) -> Result<bool, ConnectError> {
        self.machine
            .state()
            .did
            .push(format!("drain {}", served.component.id));
        Ok(true)
    }
}

/// A control plane without a network.
#[derive(Debug)]
pub(crate) struct Plane(pub(crate) Roster);

#[async_trait]
impl ControlPlane for Plane {
    fn roster(&self) -> &Roster {
        &self.0
    }

    async fn listen(&self, host: IpAddr) -> io::Result<SocketAddr> {
        Ok(SocketAddr::new(host, 8080))
    }
}

pub(crate) fn component(id: &str) -> ComponentId {
    id.parse().unwrap()
}
