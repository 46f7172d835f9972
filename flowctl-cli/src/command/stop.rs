use std::{sync::Arc, time::Duration};

use clap::Args;
use flowctl_core::store::{FileStore, StoreError};
use futures_util::StreamExt as _;
use rustix::process::{Pid, test_kill_process};
use serde::Serialize;

use crate::{
    arguments::{Choice, StateArguments, duration},
    backends::Backends,
    error::CliError,
    exit_code,
    happening::Happening,
    pipeline::{Live, Pipeline},
    runtime,
    session::Session,
    target::Target,
    terminal::Tone,
    text::number,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The pipeline: its name, its file, or a run
    name: String,
    /// How long it may take before components are ended by force [default: the spec's stop_within]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    within: Option<Duration>,
    #[command(flatten)]
    state: StateArguments,
}

/// What became of it.
#[derive(Serialize)]
struct Stopped<'a> {
    pipeline: &'a str,
    namespace: &'a str,
    /// `None`: it did not run.
    run: Option<&'a str>,
    outcome: Option<&'a str>,
    error: Option<&'a str>,
    /// What a crash had left running and was ended.
    leftovers: &'a [String],
}

/// How long the process of a run that is over may take to end.
const GONE_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn stop(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let state_dir = arguments.state.folder()?;
    runtime::block_on(async {
        let target = Target::find(session, &state_dir, &arguments.name).await?;
        let pipeline = &target.pipeline;
        let is_meant = |live: &&Live| {
            target
                .run
                .as_ref()
                .is_none_or(|run| live.status.run == *run)
        };
        match target.live.as_ref().filter(is_meant) {
            Some(live) => end(session, pipeline, live, arguments.within).await,
            None if target.live.is_some() => Err(CliError::NotRunning {
                pipeline: arguments.name.clone(),
            }),
            None => end_leftovers(session, pipeline).await,
        }
    })
}

/// Asks the run to stop, and waits until it is over and its process gone.
async fn end(
    session: &Session,
    pipeline: &Pipeline,
    live: &Live,
    within: Option<Duration>,
) -> Result<u8, CliError> {
    let silent = |reason: String| CliError::NotAnswering {
        pipeline: pipeline.title(),
        reason,
    };
    let began = std::time::Instant::now();
    let run = number::short(&live.status.run);
    session.tell_people(
        Tone::Plain,
        &format!("stopping {}, run {run}", pipeline.title()),
    );
    // Asked for first, so that the end is not missed.
    let events = live.client.events(0, true).await;
    let mut events = events.map_err(|status| silent(status.message().to_owned()))?;
    let asked = live.client.stop(within).await;
    asked.map_err(|status| silent(status.message().to_owned()))?;
    let mut ended = None;
    while let Some(Ok(event)) = events.next().await {
        let happening = Happening::told(event);
        ended = happening.filter(|one| one.event == "ended").or(ended);
    }
    let outcome = ended.as_ref().and_then(|one| one.outcome.as_deref());
    let error = ended.as_ref().and_then(|one| one.reason.as_deref());
    gone(live.status.pid).await;
    let object = Stopped {
        pipeline: &pipeline.name,
        namespace: &pipeline.namespace,
        run: Some(&live.status.run),
        outcome,
        error,
        leftovers: &[],
    };
    let took = number::duration(began.elapsed());
    let word = outcome.unwrap_or("gone");
    let because = error.map(|error| format!(": {error}")).unwrap_or_default();
    let text = format!("{} {word} after {took}{because}", pipeline.title());
    session.answer("stopped", &object, &text)?;
    Ok(outcome.map_or(exit_code::FAILED, exit_code::of_word))
}

/// Waits until a process has ended, so that the next command finds its state free.
async fn gone(pid: u32) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    let ended = async {
        while test_kill_process(pid).is_ok() {
            tokio::time::sleep(PAUSE).await;
        }
    };
    // Another process may have got its number meanwhile.
    let _ = tokio::time::timeout(GONE_WITHIN, ended).await;
}

/// Ends what a run left whose process was killed.
async fn end_leftovers(session: &Session, pipeline: &Pipeline) -> Result<u8, CliError> {
    let mut leftovers = Vec::new();
    if let (true, Ok(namespace), Ok(name)) = (
        FileStore::is_in(&pipeline.folder),
        pipeline.namespace.parse(),
        pipeline.name.parse(),
    ) {
        let store = match FileStore::open(&pipeline.folder) {
            Ok(store) => store,
            Err(error @ StoreError::InUse { .. }) => {
                return Err(CliError::NotAnswering {
                    pipeline: pipeline.title(),
                    reason: error.to_string(),
                });
            }
            Err(error) => return Err(CliError::State(error)),
        };
        let backends = Backends::new(session, Choice::Process, &pipeline.folder);
        let runner = backends.runner(&session.registry).store(Arc::new(store));
        let ended = runner.build().end_leftovers(&namespace, &name).await;
        let ended = ended.map_err(CliError::Start)?;
        leftovers = ended.iter().map(ToString::to_string).collect();
    }
    let object = Stopped {
        pipeline: &pipeline.name,
        namespace: &pipeline.namespace,
        run: None,
        outcome: None,
        error: None,
        leftovers: &leftovers,
    };
    let title = pipeline.title();
    let text = match leftovers[..] {
        [] => format!("{title} does not run; there is nothing to stop"),
        _ => format!(
            "{title} does not run; ended what a run that was killed had left: {}",
            leftovers.join(", ")
        ),
    };
    session.answer("stopped", &object, &text)?;
    Ok(exit_code::DONE)
}
