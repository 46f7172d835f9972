use std::{io, path::PathBuf};

use flowctl_core::{RunError, spec::SpecErrors, store::StoreError};
use flowctl_grpc::serve::ServeError;

use crate::{exit_code, text::Failure};

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("the spec is not valid")]
    Spec(SpecErrors),
    #[error("{0}")]
    Start(RunError),
    #[error("{0}")]
    State(StoreError),
    #[error(
        "nothing here can start {}, which ask for `{workload}`",
        listed(components)
    )]
    NoExecutor {
        components: Vec<String>,
        workload: &'static str,
        help: &'static str,
    },
    #[error("`{pipeline}` runs already, in process {pid}")]
    RunsAlready { pipeline: String, pid: u32 },
    #[error("the control plane cannot be started")]
    NoControlPlane(#[source] ServeError),
    #[error("the secret of the run cannot be written")]
    NoToken(#[source] io::Error),
    #[error("the process that is to run the pipeline cannot be started")]
    NotDetached(#[source] io::Error),
    #[error("no pipeline and no run is called `{asked}`")]
    UnknownPipeline { asked: String, known: Vec<String> },
    #[error("{}", ambiguous(asked, candidates))]
    Ambiguous {
        asked: String,
        candidates: Vec<String>,
    },
    #[error("`{pipeline}` has no component `{component}`")]
    NotOfPipeline {
        pipeline: String,
        component: String,
        known: Vec<String>,
    },
    #[error("`{pipeline}` does not run")]
    NotRunning { pipeline: String },
    #[error("nothing runs")]
    NothingRuns,
    #[error("the process that runs `{pipeline}` does not answer: {reason}")]
    NotAnswering { pipeline: String, reason: String },
    #[error("the logs of `{pipeline}` cannot be read: {reason}")]
    NoLogs { pipeline: String, reason: String },
    #[error("there is no place for the state of pipelines")]
    NoStateDir,
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("no component is named `{name}`")]
    UnknownComponent { name: String, known: Vec<String> },
    #[error("no error has the code `{code}`")]
    UnknownCode { code: String },
    #[error("cannot write the answer")]
    Unwritable(#[source] io::Error),
    #[error("the process cannot be set up")]
    NoRuntime(#[source] io::Error),
}

impl CliError {
    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Spec(errors) => errors
                .code()
                .map_or("S001", flowctl_core::spec::Code::as_str),
            Self::Start(error) => error.code(),
            Self::NoExecutor { .. } => "F302",
            Self::State(_) | Self::RunsAlready { .. } => "F303",
            Self::NoStateDir => "C501",
            Self::Unreadable { .. } => "C502",
            Self::UnknownComponent { .. } | Self::NotOfPipeline { .. } => "C503",
            Self::UnknownCode { .. } => "C504",
            Self::Unwritable(_) => "C505",
            Self::NoRuntime(_) => "C506",
            Self::NoControlPlane(_) | Self::NoToken(_) => "C507",
            Self::NotDetached(_) => "C508",
            Self::UnknownPipeline { .. } => "C509",
            Self::Ambiguous { .. } => "C510",
            Self::NotRunning { .. } | Self::NothingRuns => "C511",
            Self::NotAnswering { .. } => "C512",
            Self::NoLogs { .. } => "C513",
        }
    }

    /// How the process ends because of it.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Spec(_) => exit_code::SPEC,
            Self::Start(_)
            | Self::NoExecutor { .. }
            | Self::State(_)
            | Self::RunsAlready { .. }
            | Self::NoControlPlane(_)
            | Self::NoToken(_)
            | Self::NotDetached(_)
            | Self::NoRuntime(_) => exit_code::NOT_STARTED,
            Self::NotRunning { .. } | Self::NothingRuns => exit_code::NOT_RUNNING,
            Self::NoStateDir
            | Self::Unreadable { .. }
            | Self::UnknownComponent { .. }
            | Self::UnknownCode { .. }
            | Self::UnknownPipeline { .. }
            | Self::NotOfPipeline { .. }
            | Self::Ambiguous { .. } => exit_code::USAGE,
            Self::Unwritable(_) | Self::NotAnswering { .. } | Self::NoLogs { .. } => {
                exit_code::FAILED
            }
        }
    }

    /// What a person reads.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Start(error) => of_run(error),
            Self::State(error) => {
                Failure::new(self.code(), error).with_help(self.help().as_deref())
            }
            _ => Failure::new(self.code(), self).with_help(self.help().as_deref()),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::State(StoreError::InUse { .. }) => {
                Some("stop the run that holds it, or give this one another --state-dir".to_owned())
            }
            Self::NoExecutor { help, .. } => Some((*help).to_owned()),
            Self::RunsAlready { pipeline, .. } => Some(format!(
                "`flowctl attach {pipeline}` shows it, `flowctl stop {pipeline}` ends it"
            )),
            Self::NoControlPlane(_) => {
                Some("without --control-plane-port the next free port is taken".to_owned())
            }
            Self::UnknownPipeline { known, .. } => Some(match known[..] {
                [] => "no pipeline has run here yet".to_owned(),
                _ => format!("pipelines here: {}", known.join(", ")),
            }),
            Self::Ambiguous { candidates, .. } => {
                Some(format!("say which: {}", candidates.join(", ")))
            }
            Self::NotRunning { pipeline } => {
                Some(format!("`flowctl runs {pipeline}` lists its past runs"))
            }
            Self::NothingRuns => Some("`flowctl runs` lists past runs".to_owned()),
            Self::NoStateDir => Some("set HOME or XDG_STATE_HOME, or pass --state-dir".to_owned()),
            Self::UnknownComponent { known, .. } | Self::NotOfPipeline { known, .. } => {
                Some(format!("components here: {}", known.join(", ")))
            }
            Self::UnknownCode { .. } => {
                Some("codes stand in the brackets of an error: error[S104]".to_owned())
            }
            Self::Spec(_)
            | Self::Start(_)
            | Self::State(_)
            | Self::Unreadable { .. }
            | Self::Unwritable(_)
            | Self::NoToken(_)
            | Self::NotDetached(_)
            | Self::NotAnswering { .. }
            | Self::NoLogs { .. }
            | Self::NoRuntime(_) => None,
        }
    }
}

fn ambiguous(asked: &str, candidates: &[String]) -> String {
    match asked {
        "" => format!("{} pipelines run", candidates.len()),
        asked => format!("`{asked}` can be any of {}", candidates.len()),
    }
}

/// Names as a part of a sentence: `a`, `b` and `c`.
fn listed(names: &[String]) -> String {
    let quoted = |name: &String| format!("`{name}`");
    match names {
        [] => String::new(),
        [one] => quoted(one),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(quoted).collect();
            format!("{} and {}", first.join(", "), quoted(last))
        }
    }
}

/// What a person reads of an error that ended a run, or did not let it start.
pub(crate) fn of_run(error: &RunError) -> Failure {
    Failure::new(error.code(), error)
        .of(error.component())
        .at_start(error.last_lines(), error.blocked())
        .with_help(error.help())
}
