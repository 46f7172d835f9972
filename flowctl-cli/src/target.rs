//! Which pipeline is meant: a file, a name, a run.

use std::path::Path;

use flowctl_core::executor::process::KeptLogs;
use futures_util::future::join_all;

use crate::{
    arguments::SpecArguments,
    backends::Backends,
    error::CliError,
    pipeline::{Live, Pipeline},
    session::Session,
    spec_files,
    text::number::short,
};

/// A pipeline that somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) pipeline: Pipeline,
    /// `None`: it does not run.
    pub(crate) live: Option<Live>,
    /// The run, where one was asked for.
    pub(crate) run: Option<String>,
}

/// Fewer characters of a run's id are no name of it.
const SHORTEST_RUN: usize = 4;

impl Target {
    /// The one that `asked` means: a pipeline's file, its name, its namespace and name, or a run (the
    /// beginning of its id).
    ///
    /// # Errors
    ///
    /// When there is none, or more than one.
    pub(crate) async fn find(
        session: &Session,
        state_dir: &Path,
        asked: &str,
    ) -> Result<Self, CliError> {
        if let Some(pipeline) = of_file(session, state_dir, asked)? {
            return Self::of(pipeline).await;
        }
        let all = Pipeline::all(state_dir)?;
        let named = |one: &&Pipeline| match asked.split_once('/') {
            Some((namespace, name)) => one.namespace == namespace && one.name == name,
            None => one.name == asked,
        };
        let named: Vec<_> = all.iter().filter(named).collect();
        match named[..] {
            [] => Self::of_run(all, asked).await,
            [one] => Self::of(one.clone()).await,
            ref several => Err(CliError::Ambiguous {
                asked: asked.to_owned(),
                candidates: several
                    .iter()
                    .map(|one| format!("{}/{}", one.namespace, one.name))
                    .collect(),
            }),
        }
    }

    /// The one that is meant when nothing is said: the only one that runs.
    ///
    /// # Errors
    ///
    /// When none runs, or more than one.
    pub(crate) async fn only(state_dir: &Path) -> Result<Self, CliError> {
        let mut running = running(&Pipeline::all(state_dir)?).await;
        match running.len() {
            0 => Err(CliError::NothingRuns),
            1 => Ok(running.remove(0)),
            _ => Err(CliError::Ambiguous {
                asked: String::new(),
                candidates: running.iter().map(|one| one.pipeline.title()).collect(),
            }),
        }
    }

    /// What was asked for, or the only one that runs.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find) and [`only`](Self::only).
    pub(crate) async fn find_or_only(
        session: &Session,
        state_dir: &Path,
        asked: Option<&str>,
    ) -> Result<Self, CliError> {
        match asked {
            Some(asked) => Self::find(session, state_dir, asked).await,
            None => Self::only(state_dir).await,
        }
    }

    /// The process that runs it.
    ///
    /// # Errors
    ///
    /// When it does not run, or the run that was asked for is over.
    pub(crate) fn running(self) -> Result<(Pipeline, Live), CliError> {
        let is_asked_for =
            |live: &Live| self.run.as_ref().is_none_or(|run| live.status.run == *run);
        match self.live.filter(is_asked_for) {
            Some(live) => Ok((self.pipeline, live)),
            None => Err(CliError::NotRunning {
                pipeline: self.pipeline.title(),
            }),
        }
    }

    async fn of(pipeline: Pipeline) -> Result<Self, CliError> {
        Ok(Self {
            live: pipeline.live().await?,
            pipeline,
            run: None,
        })
    }

    /// The one that has a run whose id begins so.
    async fn of_run(all: Vec<Pipeline>, asked: &str) -> Result<Self, CliError> {
        let unknown = || CliError::UnknownPipeline {
            asked: asked.to_owned(),
            known: all.iter().map(Pipeline::title).collect(),
        };
        let may_be_run =
            asked.len() >= SHORTEST_RUN && asked.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if !may_be_run {
            return Err(unknown());
        }
        let mut found: Vec<Self> = Vec::new();
        for pipeline in &all {
            let live = pipeline.live().await?;
            let kept = KeptLogs::runs(&Backends::processes(&pipeline.folder)).unwrap_or_default();
            let kept = kept.iter().map(|run| run.as_str().to_owned());
            let mut runs: Vec<_> = live.iter().map(|live| live.status.run.clone()).collect();
            runs.extend(
                kept.filter(|run| live.as_ref().is_none_or(|live| live.status.run != *run)),
            );
            for run in runs.into_iter().filter(|run| run.starts_with(asked)) {
                found.push(Self {
                    pipeline: pipeline.clone(),
                    live: live.clone(),
                    run: Some(run),
                });
            }
        }
        match found.len() {
            0 => Err(unknown()),
            1 => Ok(found.remove(0)),
            _ => Err(CliError::Ambiguous {
                asked: asked.to_owned(),
                candidates: found
                    .iter()
                    .map(|one| {
                        let run = one.run.as_deref().unwrap_or_default();
                        format!("{} of {}", short(run), one.pipeline.title())
                    })
                    .collect(),
            }),
        }
    }
}

/// Those that run.
pub(crate) async fn running(pipelines: &[Pipeline]) -> Vec<Target> {
    let asked = pipelines.iter().map(|pipeline| async {
        // One that does not answer is not shown among those that do.
        let live = pipeline.live().await.ok()??;
        Some(Target {
            pipeline: pipeline.clone(),
            live: Some(live),
            run: None,
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The pipeline of a file, if a file is what is named.
fn of_file(session: &Session, state_dir: &Path, asked: &str) -> Result<Option<Pipeline>, CliError> {
    let path = Path::new(asked);
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    // A file of any other name is meant only where it is written as a path: the folder may hold a program
    // that is called like a component.
    let is_path = path.components().count() > 1;
    let is_spec = is_yaml || (is_path && path.is_file());
    if !is_spec {
        return Ok(None);
    }
    let arguments = SpecArguments {
        file: path.to_owned(),
        overlays: Vec::new(),
        set: Vec::new(),
    };
    let spec = spec_files::read(&arguments, &session.registry)?.spec;
    let pipeline = Pipeline::named(state_dir, &spec.namespace, &spec.name);
    Ok(Some(pipeline))
}
