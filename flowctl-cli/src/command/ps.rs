use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use clap::Args;
use flowctl_core::{
    Store,
    run::{RunHistory, RunRecord},
    store::{FileStore, StoreError},
};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    arguments::{Form, StateArguments},
    error::CliError,
    exit_code,
    pipeline::Pipeline,
    runtime,
    session::Session,
    signals::Signals,
    target::{Target, running},
    terminal::Tone,
    text::{
        number::{self, short},
        status,
    },
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Only this pipeline: its name, its file, or a run [default: all that run]
    name: Option<String>,
    /// Show it again and again until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    state: StateArguments,
}

/// How often a watched status is shown: on a terminal, and elsewhere.
const REPAINT: Duration = Duration::from_millis(500);
const REPEAT: Duration = Duration::from_secs(2);

pub(super) fn ps(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let state_dir = arguments.state.folder()?;
    runtime::block_on(async {
        if arguments.watch {
            watch(session, arguments, &state_dir).await
        } else {
            once(session, arguments, &state_dir).await
        }
    })
}

async fn once(session: &Session, arguments: &Arguments, state_dir: &Path) -> Result<u8, CliError> {
    let Some(name) = &arguments.name else {
        let shown = running(&Pipeline::all(state_dir)?).await;
        answer(session, &shown)?;
        if shown.is_empty() {
            session.tell_people(Tone::Plain, "nothing runs; `flowctl runs` lists past runs");
        }
        return Ok(exit_code::DONE);
    };
    let target = Target::find(session, state_dir, name).await?;
    if target.live.is_some() {
        answer(session, std::slice::from_ref(&target))?;
        if session.form == Form::Human {
            let text = status::details(&facts(&target)).join("\n");
            session
                .screen
                .answer(&format!("{text}\n"))
                .map_err(CliError::Unwritable)?;
        }
        return Ok(exit_code::DONE);
    }
    let title = target.pipeline.title();
    let Some(last) = last_run(&target.pipeline).await? else {
        return Err(CliError::NotRunning { pipeline: title });
    };
    let text = not_running(&title, &last);
    session.answer(
        "not_running",
        &status::Stopped::new(&target.pipeline, &last),
        &text,
    )?;
    Ok(exit_code::NOT_RUNNING)
}

async fn watch(session: &Session, arguments: &Arguments, state_dir: &Path) -> Result<u8, CliError> {
    let mut signals = Signals::listen().map_err(CliError::NoRuntime)?;
    let live = session.screen.is_live() && session.form == Form::Human;
    let mut clock = interval(if live { REPAINT } else { REPEAT });
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = signals.next() => {
                return Ok(exit_code::DONE);
            }
            () = session.screen.reader_gone() => return Ok(exit_code::DONE),
            _ = clock.tick() => {}
        }
        let shown = match &arguments.name {
            None => running(&Pipeline::all(state_dir)?).await,
            Some(name) => vec![Target::find(session, state_dir, name).await?],
        };
        if arguments.name.is_some() && shown.iter().all(|one| one.live.is_none()) {
            session.screen.clear();
            return once(session, arguments, state_dir).await;
        }
        if live {
            session.screen.paint(&status::block(&all(&shown)));
        } else {
            answer(session, &shown)?;
        }
    }
}

fn facts(target: &Target) -> status::StatusFacts {
    let status = target.live.as_ref().map(|live| &live.status);
    status::StatusFacts::new(&target.pipeline, &status.cloned().unwrap_or_default())
}

fn all(shown: &[Target]) -> Vec<status::StatusFacts> {
    shown.iter().map(facts).collect()
}

/// A table for people, an object for each pipeline for programs.
fn answer(session: &Session, shown: &[Target]) -> Result<(), CliError> {
    let all = all(shown);
    match session.form {
        Form::Json => all
            .iter()
            .try_for_each(|facts| session.answer("status", facts, "")),
        Form::Human if all.is_empty() => Ok(()),
        Form::Human => {
            let lines = status::block(&all).into_iter().map(|(_, line)| line);
            let text = lines.collect::<Vec<_>>().join("\n");
            session
                .screen
                .answer(&format!("{text}\n"))
                .map_err(CliError::Unwritable)
        }
    }
}

/// The newest run that the state knows of; `None` if there is none, or a process holds the state that
/// cannot be asked yet or any more.
pub(super) async fn last_run(pipeline: &Pipeline) -> Result<Option<RunRecord>, CliError> {
    Ok(past_runs(pipeline).await?.into_iter().next())
}

/// The runs of a pipeline that does not run, newest first; none while another process holds its state.
pub(super) async fn past_runs(pipeline: &Pipeline) -> Result<Vec<RunRecord>, CliError> {
    if !FileStore::is_in(&pipeline.folder) {
        return Ok(Vec::new());
    }
    let (Ok(namespace), Ok(name)) = (pipeline.namespace.parse(), pipeline.name.parse()) else {
        return Ok(Vec::new());
    };
    let store: Arc<dyn Store> = match FileStore::open(&pipeline.folder) {
        Ok(store) => Arc::new(store),
        Err(StoreError::InUse { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(CliError::State(error)),
    };
    let history = RunHistory::open(store, &namespace, &name, RunHistory::KEPT).await;
    Ok(history.map_err(CliError::State)?.records())
}

fn not_running(title: &str, last: &RunRecord) -> String {
    let run = short(last.run.as_str());
    let how = match last.status.as_str() {
        "lost" => "was lost: its process was killed".to_owned(),
        word => word.to_owned(),
    };
    let when = last
        .ended
        .and_then(|ended| SystemTime::now().duration_since(ended).ok())
        .map(|ago| format!(", {} ago", number::duration(ago)))
        .unwrap_or_default();
    format!("{title} does not run; its last run, {run}, {how}{when}")
}
