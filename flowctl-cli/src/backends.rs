use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use flowctl_core::{
    Connector, ControlPlane, Executor, PipelineSpec, Registry, Runner,
    control::Roster,
    executor::ProcessExecutor,
    run::{Plan, RunnerBuilder},
    spec::Workload,
};
use flowctl_grpc::{GrpcConnector, NetworkProber};

use crate::{arguments::Choice, error::CliError, sample::IN_PROCESS, session::Session};

/// What starts the components of one pipeline beside this process, and what reaches them.
#[derive(Clone, Debug)]
pub(crate) struct Backends {
    choice: Choice,
    /// Of several that can start a workload, the last does.
    executors: Vec<Arc<dyn Executor>>,
    connectors: Vec<Arc<dyn Connector>>,
}

impl Backends {
    /// Those of a pipeline whose state is in `folder`. Touches nothing.
    pub(crate) fn new(session: &Session, choice: Choice, folder: &Path) -> Self {
        let mut executors: Vec<Arc<dyn Executor>> = Vec::new();
        if choice != Choice::Native {
            executors.push(Arc::new(processes(choice, folder)));
            executors.extend(session.executors.iter().map(Arc::clone));
        }
        let mut connectors = session.connectors.clone();
        // Of several that speak a protocol, the first does.
        connectors.push(Arc::new(GrpcConnector::new()));
        Self {
            choice,
            executors,
            connectors,
        }
    }

    /// A runner that has them, and the components of the registry.
    pub(crate) fn runner(&self, registry: &Registry) -> RunnerBuilder {
        let mut runner = Runner::builder(registry.clone()).prober(Arc::new(NetworkProber::new()));
        for executor in &self.executors {
            runner = runner.executor(Arc::clone(executor));
        }
        for connector in &self.connectors {
            runner = runner.connector(Arc::clone(connector));
        }
        runner
    }

    /// The executors, for somebody who wants to ask them.
    pub(crate) fn executors(&self) -> &[Arc<dyn Executor>] {
        &self.executors
    }

    /// Whether a part of the pipeline runs outside this process.
    pub(crate) fn is_elsewhere(&self, plan: &Plan) -> bool {
        let mut components = plan.components().iter();
        components.any(|one| one.executor.as_deref() != Some(IN_PROCESS))
    }

    /// Where what the processes of a pipeline wrote lies, by run.
    pub(crate) fn logs(folder: &Path, run: &str) -> PathBuf {
        folder.join(PROCESSES).join(run)
    }

    /// What the processes of the runs of a pipeline wrote.
    pub(crate) fn processes(folder: &Path) -> PathBuf {
        folder.join(PROCESSES)
    }

    /// What a run of the pipeline would do.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the spec.
    pub(crate) fn plan(&self, registry: &Registry, spec: &PipelineSpec) -> Result<Plan, CliError> {
        let runner = self
            .runner(registry)
            .control_plane(Arc::new(Planned::default()));
        runner.build().plan(spec).map_err(CliError::Spec)
    }

    /// Refuses a pipeline of which nothing here can start a part.
    ///
    /// # Errors
    ///
    /// [`CliError::NoExecutor`] with the components.
    pub(crate) fn check(&self, spec: &PipelineSpec, plan: &Plan) -> Result<(), CliError> {
        let has_one = |id: &str| {
            let planned = plan.components().iter().find(|planned| planned.id == *id);
            planned.is_some_and(|planned| planned.executor.is_some())
        };
        let without = |component: &&flowctl_core::ComponentSpec| {
            // Only a command can be started as a process, whatever image it would be in.
            let no_command = self.choice == Choice::Process
                && component.image.is_some()
                && component.command.is_empty();
            no_command || !has_one(component.id.as_str())
        };
        let without: Vec<_> = spec.components.iter().filter(without).collect();
        let Some(first) = without.first() else {
            return Ok(());
        };
        let images = matches!(first.workload(), Some(Workload::Image(_)));
        let commands = without
            .iter()
            .all(|component| !component.command.is_empty());
        let help = match (self.choice, images, commands) {
            (Choice::Native, ..) => {
                "without `--executor native` (or `driver: native`) they can run elsewhere"
            }
            (Choice::Auto, true, true) => {
                "`--executor process` starts what they have as `command`, as programs of this machine"
            }
            (_, true, _) => "give them a `command`, and run with `--executor process`",
            (..) => "give them a `use: NAME` from `flowctl components`",
        };
        Err(CliError::NoExecutor {
            components: without
                .iter()
                .map(|component| component.id.to_string())
                .collect(),
            workload: if images { "image" } else { "command" },
            help,
        })
    }
}

/// The executor for programs of this machine. They are looked for beside this one too, where those that
/// were built with it lie.
fn processes(choice: Choice, folder: &Path) -> ProcessExecutor {
    let mut executor = ProcessExecutor::new(folder.join(PROCESSES));
    if choice == Choice::Process {
        executor = executor.images_as_programs();
    }
    let own = std::env::current_exe().ok();
    match own.as_deref().and_then(Path::parent).map(PathBuf::from) {
        Some(folder) => executor.programs(folder),
        None => executor,
    }
}

/// The control plane of a plan: components are told of one, and there is none yet.
#[derive(Debug, Default)]
struct Planned(Roster);

#[async_trait]
impl ControlPlane for Planned {
    fn roster(&self) -> &Roster {
        &self.0
    }

    async fn listen(&self, _host: IpAddr) -> io::Result<SocketAddr> {
        Err(io::Error::other("a plan listens nowhere"))
    }
}

/// Where in the folder of a pipeline the records and the output of its processes lie.
const PROCESSES: &str = "processes";
