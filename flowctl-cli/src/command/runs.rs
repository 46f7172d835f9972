use std::time::{Duration, SystemTime};

use clap::Args;
use flowctl_core::run::RunRecord;
use flowctl_grpc::proto::admin::Run;
use serde::Serialize;

use super::ps::past_runs;
use crate::{
    arguments::{Form, StateArguments},
    clock,
    error::CliError,
    exit_code,
    pipeline::{Live, Pipeline},
    runtime,
    session::Session,
    target::Target,
    terminal::Tone,
    text::{Table, number, printable},
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Only runs of this pipeline: its name, its file, or a run of it [default: all]
    name: Option<String>,
    /// At most so many, the newest
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
    limit: u32,
    #[command(flatten)]
    state: StateArguments,
}

/// A run, going on or past.
#[derive(Debug, Serialize)]
struct RunOfPipeline {
    run: String,
    pipeline: String,
    namespace: String,
    status: String,
    started: Option<String>,
    ended: Option<String>,
    events_in: u64,
    events_out: u64,
    components: Vec<String>,
    error: Option<String>,
    #[serde(skip)]
    began: Option<SystemTime>,
    #[serde(skip)]
    took: Option<Duration>,
}

pub(super) fn runs(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let state_dir = arguments.state.folder()?;
    let runs = runtime::block_on(async {
        let targets = match &arguments.name {
            Some(name) => vec![Target::find(session, &state_dir, name).await?],
            None => {
                let mut targets = Vec::new();
                for pipeline in Pipeline::all(&state_dir)? {
                    let live = pipeline.live().await?;
                    let run = None;
                    targets.push(Target {
                        pipeline,
                        live,
                        run,
                    });
                }
                targets
            }
        };
        let mut runs = Vec::new();
        for target in targets {
            let of = match &target.live {
                Some(live) => of_live(&target.pipeline, live, arguments.limit).await?,
                None => {
                    let records = past_runs(&target.pipeline).await?.into_iter();
                    records
                        .map(|record| of_record(&target.pipeline, record))
                        .collect()
                }
            };
            let of = of.into_iter();
            runs.extend(of.filter(|one| target.run.as_ref().is_none_or(|run| one.run == *run)));
        }
        runs.sort_by(|a, b| (b.began, &b.run).cmp(&(a.began, &a.run)));
        runs.truncate(arguments.limit as usize);
        Ok(runs)
    })?;
    match session.form {
        Form::Json => runs
            .iter()
            .try_for_each(|run| session.answer("run", run, ""))?,
        Form::Human if runs.is_empty() => session.tell_people(Tone::Plain, "nothing has run here"),
        Form::Human => session
            .screen
            .answer(&(table(&runs, session.utc) + "\n"))
            .map_err(CliError::Unwritable)?,
    }
    Ok(exit_code::DONE)
}

async fn of_live(
    pipeline: &Pipeline,
    live: &Live,
    limit: u32,
) -> Result<Vec<RunOfPipeline>, CliError> {
    let answer = live.client.runs(limit).await;
    let answer = answer.map_err(|status| CliError::NotAnswering {
        pipeline: pipeline.title(),
        reason: status.message().to_owned(),
    })?;
    Ok(answer
        .runs
        .into_iter()
        .map(|run| of_message(pipeline, run))
        .collect())
}

fn of_message(pipeline: &Pipeline, run: Run) -> RunOfPipeline {
    let time = |at: Option<SystemTime>| at.map(clock::rfc3339);
    let began = run.started.and_then(|at| SystemTime::try_from(at).ok());
    let ended = run.ended.and_then(|at| SystemTime::try_from(at).ok());
    let until = match run.status.as_str() {
        "lost" => ended,
        _ => Some(ended.unwrap_or_else(SystemTime::now)),
    };
    RunOfPipeline {
        run: run.id,
        pipeline: pipeline.name.clone(),
        namespace: pipeline.namespace.clone(),
        status: run.status,
        started: time(began),
        ended: time(ended),
        events_in: run.events_in,
        events_out: run.events_out,
        components: run.components,
        error: Some(run.error).filter(|error| !error.is_empty()),
        began,
        took: began
            .zip(until)
            .and_then(|(began, until)| until.duration_since(began).ok()),
    }
}

fn of_record(pipeline: &Pipeline, record: RunRecord) -> RunOfPipeline {
    RunOfPipeline {
        run: record.run.to_string(),
        pipeline: pipeline.name.clone(),
        namespace: pipeline.namespace.clone(),
        status: record.status.as_str().to_owned(),
        started: Some(clock::rfc3339(record.started)),
        ended: record.ended.map(clock::rfc3339),
        events_in: record.events_in,
        events_out: record.events_out,
        began: Some(record.started),
        took: record.duration(SystemTime::now()),
        components: record.components.into_iter().map(|one| one.id).collect(),
        error: record.error,
    }
}

fn table(runs: &[RunOfPipeline], utc: bool) -> String {
    let mut table = Table::new([
        "run", "pipeline", "status", "started", ">took", ">in", ">out", "error",
    ]);
    for run in runs {
        let title = Pipeline::new(&run.namespace, &run.pipeline, "".into()).title();
        table.row([
            number::short(&run.run).to_owned(),
            title,
            run.status.clone(),
            run.began.map_or_else(dash, |at| clock::date(at, utc)),
            run.took.map_or_else(dash, number::duration),
            number::count(run.events_in),
            number::count(run.events_out),
            printable(run.error.as_deref().unwrap_or_default()),
        ]);
    }
    table.lines(0).join("\n")
}

fn dash() -> String {
    "-".to_owned()
}
