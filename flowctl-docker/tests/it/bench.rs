use std::time::Duration;

use flowctl_core::{
    ComponentId, ComponentSpec, Executor, RunId,
    component::ComponentContext,
    executor::{
        ExecutorError, ExecutorErrorKind, ExitReport, Handle, Instance, LogLine, LogOptions,
        RunScope, StopOptions, Stream,
    },
    spec::Role,
};
use flowctl_docker::{Container, DockerExecutor, Engine, Surroundings};
use futures_util::StreamExt;

use crate::subject::{SubjectImage, finally, random};

/// Longer than anything here takes on a slow machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The engine of this machine, or a loud word about its absence; a panic where it must be there.
pub(crate) async fn engine(test: &str) -> Option<Engine> {
    let cause = match Engine::connect(Surroundings::of_process()).await {
        Ok(engine) => return Some(engine),
        Err(error) => flowctl_core::Chain(&error).to_string(),
    };
    skip(test, "docker", &cause);
    None
}

/// Says loudly that a test is skipped; panics where it must run.
pub(crate) fn skip(test: &str, need: &str, cause: &str) {
    let required = std::env::var("FLOWCTL_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|required| required.trim() == need),
        "{test} must run, since FLOWCTL_REQUIRE names {need}: {cause}"
    );
    eprintln!("SKIPPED {test}: {cause}");
}

/// One test's pipeline on the engine of this machine: a run that is open, and an image of the subject.
pub(crate) struct Bench {
    pub(crate) executor: DockerExecutor,
    pub(crate) scope: RunScope,
    pub(crate) image: SubjectImage,
}

impl Bench {
    pub(crate) async fn open(test: &str) -> Option<Self> {
        Some(Self::on(engine(test).await?).await)
    }

    pub(crate) async fn on(engine: Engine) -> Self {
        let image = SubjectImage::build(&engine).await;
        let executor = DockerExecutor::new(engine);
        let scope = RunScope::new(
            "default".parse().unwrap(),
            format!("t-{:016x}", random()).parse().unwrap(),
            RunId::from_bits(u128::from(random()) << 64 | u128::from(random())),
        );
        executor.open_run(&scope).await.unwrap();
        Self {
            executor,
            scope,
            image,
        }
    }

    /// A later run of the same pipeline.
    pub(crate) fn later_run(&self) -> RunScope {
        let run = RunId::from_bits(u128::from(random()));
        RunScope::new(
            self.scope.namespace.clone(),
            self.scope.pipeline.clone(),
            run,
        )
    }

    /// A component that runs the subject with these words.
    pub(crate) fn component(&self, id: &str, words: &[&str]) -> ComponentSpec {
        let id: ComponentId = id.parse().unwrap();
        let mut component = ComponentSpec::new(id, Role::Service);
        component.image = Some(self.image.reference.clone());
        component.args = words.iter().map(|word| (*word).to_owned()).collect();
        component
    }

    pub(crate) fn instance_of(&self, component: ComponentSpec) -> Instance {
        let context = ComponentContext::detached(component.id.clone());
        Instance::new(self.scope.clone(), component, context)
    }

    pub(crate) fn instance(&self, id: &str, words: &[&str]) -> Instance {
        self.instance_of(self.component(id, words))
    }

    pub(crate) async fn start(&self, id: &str, words: &[&str]) -> Handle {
        let instance = self.instance(id, words);
        self.executor.start(&instance).await.unwrap()
    }

    pub(crate) async fn start_component(&self, component: ComponentSpec) -> Handle {
        let instance = self.instance_of(component);
        self.executor.start(&instance).await.unwrap()
    }

    /// Runs a component to its end: how it ended and what it wrote to its output.
    pub(crate) async fn run(&self, component: ComponentSpec) -> (ExitReport, String) {
        let handle = self.start_component(component).await;
        let report = self.wait(&handle).await;
        let lines = self.lines(&handle, LogOptions::default()).await;
        (report, text(&lines, Stream::Out))
    }

    pub(crate) async fn wait(&self, handle: &Handle) -> ExitReport {
        tokio::time::timeout(PATIENCE, self.executor.wait(handle))
            .await
            .expect("it ends")
            .unwrap()
    }

    pub(crate) async fn stop(&self, handle: &Handle) -> ExitReport {
        let options = StopOptions::within(PATIENCE);
        self.executor.stop(handle, options).await.unwrap()
    }

    pub(crate) async fn lines(&self, handle: &Handle, options: LogOptions) -> Vec<LogLine> {
        let lines = self.executor.logs(handle, options).await.unwrap();
        let lines: Vec<_> = tokio::time::timeout(PATIENCE, lines.collect())
            .await
            .unwrap();
        lines.into_iter().map(Result::unwrap).collect()
    }

    /// Reads the log until a line holds the text.
    pub(crate) async fn until_says(&self, handle: &Handle, needle: &str) {
        let mut options = LogOptions::default();
        options.follow = true;
        let mut lines = self.executor.logs(handle, options).await.unwrap();
        let says = async {
            while let Some(line) = lines.next().await {
                if String::from_utf8_lossy(&line.unwrap().bytes).contains(needle) {
                    return;
                }
            }
            panic!("it ended without saying `{needle}`");
        };
        tokio::time::timeout(PATIENCE, says).await.unwrap();
    }

    /// Where the engine is, as other clients want it.
    pub(crate) fn host(&self) -> String {
        self.executor.engine().host().address.to_string()
    }

    /// All containers of the pipeline, by name.
    pub(crate) async fn containers(&self) -> Vec<Container> {
        let of = Some((&self.scope.namespace, &self.scope.pipeline));
        self.executor.containers(of).await.unwrap()
    }

    pub(crate) async fn container(&self, handle: &Handle) -> Container {
        let mut containers = self.containers().await.into_iter();
        containers.find(|found| found.handle == *handle).unwrap()
    }

    /// The ids of the networks of the pipeline.
    pub(crate) async fn networks(&self) -> Vec<String> {
        let docker = bollard::Docker::connect_with_host(&self.host()).unwrap();
        let label = format!("io.flowctl.pipeline={}", self.scope.pipeline);
        let options = bollard::query_parameters::ListNetworksOptionsBuilder::new()
            .filters(&[("label".to_owned(), vec![label])].into())
            .build();
        let networks = docker.list_networks(Some(options)).await.unwrap();
        networks.into_iter().filter_map(|found| found.id).collect()
    }

    /// Looks until the container has one process only.
    pub(crate) async fn until_alone(&self, handle: &Handle) {
        let docker = bollard::Docker::connect_with_host(&self.host()).unwrap();
        let id = self.container(handle).await.id;
        let alone = async {
            loop {
                let top = docker.top_processes(&id, None).await.unwrap();
                if top.processes.unwrap_or_default().len() == 1 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, alone).await.unwrap();
    }

    pub(crate) async fn close(self) {
        self.executor.close_run(&self.scope).await.unwrap();
        assert_eq!(self.executor.list(&self.scope.id).await.unwrap(), []);
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let executor = self.executor.clone();
        let scope = self.scope.clone();
        finally(async move {
            drop(executor.sweep(&scope.namespace, &scope.pipeline).await);
            drop(
                executor
                    .remove_volumes(&scope.namespace, &scope.pipeline)
                    .await,
            );
        });
    }
}

pub(crate) fn text(lines: &[LogLine], stream: Stream) -> String {
    let lines = lines.iter().filter(|line| line.stream == stream);
    let lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
        .collect();
    lines.join("\n")
}

pub(crate) fn kind<T>(result: Result<T, ExecutorError>) -> Option<ExecutorErrorKind> {
    result.err().map(|error| error.kind().clone())
}

/// The whole error, down to its cause.
pub(crate) fn told<T>(result: Result<T, ExecutorError>) -> String {
    match result {
        Ok(_) => "it succeeded".to_owned(),
        Err(error) => flowctl_core::Chain(&error).to_string(),
    }
}
