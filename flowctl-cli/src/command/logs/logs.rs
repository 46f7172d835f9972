use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use clap::Args;
use flowctl_core::{
    ComponentId, RunId,
    executor::{LogOptions, process::KeptLogs},
    run::LogSource as _,
};
use flowctl_grpc::{AdminClient, proto::admin::logs_response::Response};
use futures_util::StreamExt as _;

use super::{line::Line, merged::merged};
use crate::{
    arguments::{Form, StateArguments, duration},
    backends::Backends,
    error::CliError,
    exit_code,
    pipeline::{Live, Pipeline},
    runtime,
    session::Session,
    target::Target,
    terminal::Tone,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A pipeline's name or file, or a run [default: the only one that runs]; then components [default: all]
    #[arg(value_name = "NAME|COMPONENT")]
    names: Vec<String>,
    /// Go on with what is yet to be written, until the run is over
    #[arg(short, long)]
    follow: bool,
    /// Only lines of the last so much time, for example 1m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// At most so many of the lines that are there already, the newest of each component
    #[arg(short = 'n', long, value_name = "NUMBER")]
    tail: Option<u64>,
    #[command(flatten)]
    state: StateArguments,
}

/// Which lines are wanted.
#[derive(Debug)]
struct Wanted {
    components: Vec<String>,
    since: Option<SystemTime>,
    tail: Option<u64>,
    follow: bool,
}

pub(crate) fn logs(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let state_dir = arguments.state.folder()?;
    let since = arguments.since;
    let mut wanted = Wanted {
        components: Vec::new(),
        since: since.and_then(|since| SystemTime::now().checked_sub(since)),
        tail: arguments.tail,
        follow: arguments.follow,
    };
    runtime::block_on(async {
        let (target, components) = whose(session, &state_dir, &arguments.names).await?;
        wanted.components = components.to_vec();
        let is_meant = |live: &Live| {
            target
                .run
                .as_ref()
                .is_none_or(|run| live.status.run == *run)
        };
        match target.live.filter(is_meant) {
            Some(live) => of_live(session, &target.pipeline, &live, wanted).await?,
            None => of_past(session, &target.pipeline, target.run.as_deref(), wanted).await?,
        }
        Ok(exit_code::DONE)
    })
}

/// The pipeline, and the components of it: the first name may be either.
async fn whose<'n>(
    session: &Session,
    state_dir: &Path,
    names: &'n [String],
) -> Result<(Target, &'n [String]), CliError> {
    let Some((first, rest)) = names.split_first() else {
        return Ok((Target::only(state_dir).await?, names));
    };
    match Target::find(session, state_dir, first).await {
        Ok(target) => Ok((target, rest)),
        Err(unknown @ CliError::UnknownPipeline { .. }) => {
            // Then all of them are components of the one that runs.
            let only = Target::only(state_dir).await.ok().filter(|target| {
                let live = target.live.as_ref();
                let mut components = live.iter().flat_map(|live| &live.status.components);
                components.any(|one| one.id == *first)
            });
            only.map(|target| (target, names)).ok_or(unknown)
        }
        Err(error) => Err(error),
    }
}

async fn of_live(
    session: &Session,
    pipeline: &Pipeline,
    live: &Live,
    wanted: Wanted,
) -> Result<(), CliError> {
    let known: Vec<_> = live
        .status
        .components
        .iter()
        .map(|one| one.id.clone())
        .collect();
    check(pipeline, &known, &wanted)?;
    let asked = if wanted.components.is_empty() {
        // What runs in the process of the run writes no log of its own.
        let served = live.status.components.iter();
        served
            .filter(|one| !one.instances.is_empty() || one.executor != crate::sample::IN_PROCESS)
            .map(|one| one.id.clone())
            .collect()
    } else {
        wanted.components
    };
    if asked.is_empty() {
        tell_none(session, pipeline);
        return Ok(());
    }
    let mut shown = Shown::new(session, asked.clone());
    let wanted = AdminClient::wanted_logs(asked, wanted.since, wanted.tail, wanted.follow);
    let failed = |reason: String| CliError::NoLogs {
        pipeline: pipeline.title(),
        reason,
    };
    let logs = live.client.logs(wanted).await;
    let mut logs = logs.map_err(|status| failed(status.message().to_owned()))?;
    while let Some(answer) = logs.next().await {
        let answer = answer.map_err(|status| failed(status.message().to_owned()))?;
        match answer.response {
            Some(Response::Line(line)) => shown.show(&Line::told(line))?,
            Some(Response::Missing(missing)) => {
                let text = format!("the logs of {}: {}", missing.component, missing.reason);
                session.tell_people(Tone::Warning, &text);
            }
            None => {}
        }
        if session.screen.is_unread() {
            break;
        }
    }
    Ok(())
}

async fn of_past(
    session: &Session,
    pipeline: &Pipeline,
    run: Option<&str>,
    wanted: Wanted,
) -> Result<(), CliError> {
    let failed = |reason: String| CliError::NoLogs {
        pipeline: pipeline.title(),
        reason,
    };
    let folder = Backends::processes(&pipeline.folder);
    let run: Option<RunId> = match run {
        Some(run) => run.parse().ok(),
        None => {
            let runs = KeptLogs::runs(&folder).map_err(|error| failed(error.to_string()))?;
            runs.into_iter().next()
        }
    };
    let Some(run) = run else {
        tell_none(session, pipeline);
        return Ok(());
    };
    let kept = KeptLogs::new(folder, run);
    let components = kept.components();
    let known: Vec<_> = components.iter().map(ToString::to_string).collect();
    check(pipeline, &known, &wanted)?;
    let is_wanted = |id: &&ComponentId| {
        wanted.components.is_empty() || wanted.components.iter().any(|asked| **id == **asked)
    };
    let mut options = LogOptions::default();
    options.since = wanted.since;
    options.tail = wanted
        .tail
        .map(|tail| usize::try_from(tail).unwrap_or(usize::MAX));
    let mut logs = Vec::new();
    for component in components.iter().filter(is_wanted) {
        let log = kept.log(component, options.clone()).await;
        let log = log.map_err(|error| failed(flowctl_core::Chain(&error).to_string()))?;
        let component = component.to_string();
        // What cannot be read ends its log: the rest of it is not known to follow.
        let lines = log.scan((), move |(), line| {
            let line = line.ok().map(|line| Line::kept(&component, &line));
            std::future::ready(line)
        });
        logs.push(lines.boxed());
    }
    let mut lines = Box::pin(merged(logs));
    let mut shown = Shown::new(session, known);
    while let Some(line) = lines.next().await {
        shown.show(&line)?;
        if session.screen.is_unread() {
            break;
        }
    }
    Ok(())
}

fn check(pipeline: &Pipeline, known: &[String], wanted: &Wanted) -> Result<(), CliError> {
    match wanted
        .components
        .iter()
        .find(|asked| !known.contains(asked))
    {
        None => Ok(()),
        Some(asked) => Err(CliError::NotOfPipeline {
            pipeline: pipeline.title(),
            component: asked.clone(),
            known: known.to_vec(),
        }),
    }
}

fn tell_none(session: &Session, pipeline: &Pipeline) {
    let text = format!(
        "{} has no logs: only components outside the process of the run write them",
        pipeline.title()
    );
    session.tell_people(Tone::Plain, &text);
}

/// Shows lines, each component in its colour.
struct Shown<'s> {
    session: &'s Session,
    components: Vec<String>,
    width: usize,
}

impl<'s> Shown<'s> {
    fn new(session: &'s Session, components: Vec<String>) -> Self {
        let width = components.iter().map(String::len).max().unwrap_or(0);
        Self {
            session,
            components,
            width,
        }
    }

    fn show(&mut self, line: &Line) -> Result<(), CliError> {
        if self.session.form == Form::Json {
            return self.session.answer("log", line, "");
        }
        let known = self
            .components
            .iter()
            .position(|one| *one == line.component);
        let colour = known.unwrap_or_else(|| {
            self.components.push(line.component.clone());
            self.components.len() - 1
        });
        let palette = self.session.answers;
        let text = line.text(self.session.utc, palette, colour, self.width);
        let answered = self.session.screen.answer(&format!("{text}\n"));
        answered.map_err(CliError::Unwritable)
    }
}
