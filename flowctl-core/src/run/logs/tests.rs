use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

use super::{LogSource as _, RunLogs};
use crate::{
    ComponentError, ComponentKind, Event, Payload, PipelineSpec, Registry, RunId, Runner, adapt,
    executor::{
        Capabilities, Endpoint, Executor, ExecutorError, ExitReport, Handle, InProcessExecutor,
        Instance, LogLine, LogOptions, LogStream, Reader, Recovery, RunScope, StopOptions, Stream,
        WorkloadKind,
    },
    spec::{Component, FailurePolicy},
};

/// Starts components as the in-process executor does, and has a log for each of their generations.
#[derive(Debug)]
struct Writing {
    inner: InProcessExecutor,
    started: Mutex<BTreeMap<(String, u32), Handle>>,
}

#[async_trait]
impl Executor for Writing {
    fn name(&self) -> &str {
        "writing"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of([WorkloadKind::Native]).with_fields(["concurrency"])
    }

    async fn open_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        self.inner.open_run(run).await
    }

    async fn close_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        self.inner.close_run(run).await
    }

    async fn start(&self, instance: &Instance) -> Result<Handle, ExecutorError> {
        let handle = self.inner.start(instance).await?;
        let key = (handle.component.to_string(), handle.generation);
        self.started.lock().unwrap().insert(key, handle.clone());
        Ok(handle)
    }

    async fn recover(&self, handle: &Handle) -> Result<Recovery, ExecutorError> {
        self.inner.recover(handle).await
    }

    async fn list(&self, _run: &RunId) -> Result<Vec<Handle>, ExecutorError> {
        Ok(self.started.lock().unwrap().values().cloned().collect())
    }

    async fn wait(&self, handle: &Handle) -> Result<ExitReport, ExecutorError> {
        self.inner.wait(handle).await
    }

    async fn stop(
        &self,
        handle: &Handle,
        options: StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        self.inner.stop(handle, options).await
    }

    async fn remove(&self, handle: &Handle) -> Result<(), ExecutorError> {
        self.inner.remove(handle).await
    }

    async fn endpoint(
        &self,
        handle: &Handle,
        port: Option<&str>,
        reader: Reader,
    ) -> Result<Endpoint, ExecutorError> {
        self.inner.endpoint(handle, port, reader).await
    }

    async fn logs(&self, handle: &Handle, options: LogOptions) -> Result<LogStream, ExecutorError> {
        let lines = (0..3_u32).map(|n| {
            let at = Duration::from_secs(u64::from(10 * handle.generation + n));
            let text = format!("{} {}.{n}", handle.component, handle.generation);
            let at = SystemTime::UNIX_EPOCH + at;
            Ok(LogLine::new(at, Stream::Out, text.into_bytes().into()))
        });
        let lines: Vec<_> = lines.collect();
        let surplus = options
            .tail
            .map_or(0, |tail| lines.len().saturating_sub(tail));
        Ok(LogStream::new(stream::iter(
            lines.into_iter().skip(surplus),
        )))
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry
        .source(ComponentKind::source("count", "counts"), |(): (), _| {
            Ok(adapt::source("numbers", |after| {
                let event = |n: u64| Event::new("number".parse().unwrap(), n, Payload::bytes("x"));
                (after.unwrap_or(0) + 1..=3).map(event)
            }))
        })
        .unwrap();
    let failed = Arc::new(Mutex::new(false));
    registry
        .sink(ComponentKind::sink("take", "takes"), move |(): (), _| {
            let failed = Arc::clone(&failed);
            Ok(adapt::sink(move |_| {
                match std::mem::replace(&mut *failed.lock().unwrap(), true) {
                    true => Ok(()),
                    false => Err(ComponentError::retry("once")),
                }
            }))
        })
        .unwrap();
    registry
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_over_restarts_and_ends_with_the_run() {
    let mut policy = FailurePolicy::default();
    policy.retry.attempts = 0;
    let out = Component::native("take").input("in").on_error(policy);
    let spec = PipelineSpec::builder("numbers")
        .source("in", Component::native("count"))
        .sink("out", out)
        .build()
        .unwrap();
    let executor: Arc<dyn Executor> = Arc::new(Writing {
        inner: InProcessExecutor::new(registry()),
        started: Mutex::default(),
    });
    let runner = Runner::builder(registry()).executor(Arc::clone(&executor));
    let run = runner.build().start(&spec).unwrap();
    let logs = RunLogs::new(run.control(), vec![executor]);
    let out = "out".parse().unwrap();
    let follow = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    let log = logs.log(&out, follow).await.unwrap();
    let (lines, report) = tokio::join!(log.collect::<Vec<_>>(), run.wait());
    let of = |lines: Vec<Result<super::ComponentLine, ExecutorError>>| {
        let texts = lines.into_iter().map(|line| line.unwrap().line.bytes);
        let texts = texts.map(|text| String::from_utf8(text.to_vec()).unwrap());
        texts.collect::<Vec<_>>()
    };
    let generations = report.status.components[1].generation;
    assert_eq!(generations, 2);
    let all = |generation| (0..3).map(move |n| format!("out {generation}.{n}"));
    assert_eq!(
        of(lines),
        (1..=generations).flat_map(all).collect::<Vec<_>>()
    );
    assert_eq!(logs.components(), ["in", "out"]);
    let tail = LogOptions {
        tail: Some(2),
        ..LogOptions::default()
    };
    let newest = logs.log(&out, tail).await.unwrap().collect().await;
    let expected = [1, 2].map(|n| format!("out {generations}.{n}"));
    assert_eq!(of(newest), expected);
}
