use std::{error::Error, fmt, time::Duration};

use crate::{
    BoxError, ComponentId, component::ComponentError, executor::ExecutorError, store::StoreError,
};

/// A run could not start, or ended with an error.
#[derive(Debug)]
pub struct RunError(Box<About>);

/// Boxed, because it travels in every `Result` of a run.
#[derive(Debug)]
struct About {
    kind: RunErrorKind,
    component: Option<ComponentId>,
    help: Option<String>,
    last_lines: Vec<String>,
    blocked: Vec<ComponentId>,
    source: Option<BoxError>,
}

/// What went wrong, by what a caller would do differently.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// A component could not be made or opened.
    NotStarted,
    /// A component was started and did not become ready in time.
    NotReady {
        /// The time it was given.
        waited: Duration,
    },
    /// A component ended before it was ready.
    EndedEarly {
        /// How, in words.
        how: String,
    },
    /// Something that an earlier run may have started is still there, and it cannot be proven to be ours.
    Leftover {
        /// What is in the way of the proof.
        reason: String,
    },
    /// No executor of the runner starts this kind of workload.
    NoExecutor {
        /// What the component asks for: `image`, `command`, `use`.
        workload: String,
    },
    /// An executor cannot prepare what the run needs.
    ExecutorUnavailable,
    /// The state cannot be opened or read.
    State,
    /// The stored position is of another source.
    OtherSource {
        /// The fingerprint in the state.
        stored: String,
        /// What the source calls itself now.
        found: String,
    },
    /// A sink needs what the source cannot go back to.
    CannotRewind {
        /// The sequence that the checkpoint stands at.
        checkpoint: u64,
        /// The sequence that the sink has; `None`: nothing.
        sink_has: Option<u64>,
    },
    /// A sink holds data, and the pipeline was to start afresh without emptying it.
    HoldsData,
    /// A component failed while the pipeline ran.
    Failed,
    /// A component that runs outside this process ended by itself and not with success.
    Ended {
        /// How, in words.
        how: String,
    },
    /// A component that runs outside this process does not answer any more.
    NotAlive,
    /// A component did not keep its contract.
    Contract {
        /// The clause and what happened.
        broken: String,
    },
    /// A component panicked.
    Panicked {
        /// What it said.
        message: String,
    },
    /// The state could not be written while the pipeline ran.
    StateLost,
    /// A component had to be ended by force before everything in flight was delivered.
    Forced,
}

impl RunErrorKind {
    /// The stable code; `flowctl explain CODE` tells more.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotStarted | Self::ExecutorUnavailable => "F301",
            Self::NoExecutor { .. } => "F302",
            Self::State => "F303",
            Self::OtherSource { .. } => "F304",
            Self::CannotRewind { .. } => "F305",
            Self::HoldsData => "F306",
            Self::NotReady { .. } => "F307",
            Self::EndedEarly { .. } => "F308",
            Self::Leftover { .. } => "F309",
            Self::Failed => "R401",
            Self::Contract { .. } => "R402",
            Self::Panicked { .. } => "R403",
            Self::StateLost => "R404",
            Self::Forced => "R405",
            Self::Ended { .. } => "R406",
            Self::NotAlive => "R407",
        }
    }

    /// Whether it happened before any record moved.
    #[must_use]
    pub const fn is_at_start(&self) -> bool {
        matches!(
            self,
            Self::NotStarted
                | Self::ExecutorUnavailable
                | Self::NoExecutor { .. }
                | Self::State
                | Self::OtherSource { .. }
                | Self::CannotRewind { .. }
                | Self::HoldsData
                | Self::NotReady { .. }
                | Self::EndedEarly { .. }
                | Self::Leftover { .. }
        )
    }
}

impl RunError {
    pub(crate) fn new(kind: RunErrorKind) -> Self {
        Self(Box::new(About {
            kind,
            component: None,
            help: None,
            last_lines: Vec::new(),
            blocked: Vec::new(),
            source: None,
        }))
    }

    pub(crate) fn of(mut self, component: &ComponentId) -> Self {
        self.0.component = Some(component.clone());
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The same error, and these components waited in vain for the one it is about.
    pub(crate) fn blocks(mut self, blocked: Vec<ComponentId>) -> Self {
        self.0.blocked = blocked;
        self
    }

    pub(crate) fn with_last_lines(mut self, lines: Vec<String>) -> Self {
        self.0.last_lines = lines;
        self
    }

    pub(crate) fn from_component(
        kind: RunErrorKind,
        component: &ComponentId,
        mut error: ComponentError,
    ) -> Self {
        let help = error.take_help();
        let mut this = Self::new(kind).of(component).caused_by(error);
        this.0.help = help;
        this
    }

    pub(crate) fn from_store(kind: RunErrorKind, error: StoreError) -> Self {
        Self::new(kind).caused_by(error)
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &RunErrorKind {
        &self.0.kind
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The component it is about.
    #[must_use]
    pub fn component(&self) -> Option<&ComponentId> {
        self.0.component.as_ref()
    }

    /// One line on what the user can do, if anything is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The components that waited for it in vain.
    #[must_use]
    pub fn blocked(&self) -> &[ComponentId] {
        &self.0.blocked
    }

    /// The last lines that the component wrote, where it runs outside this process and ended or did not
    /// answer.
    #[must_use]
    pub fn last_lines(&self) -> &[String] {
        &self.0.last_lines
    }

    /// Whether the same run may succeed later with nothing changed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        // A program that ended can be started again; why it did, it does not say.
        if matches!(
            self.0.kind,
            RunErrorKind::Ended { .. } | RunErrorKind::NotAlive
        ) {
            return true;
        }
        match &self.0.source {
            Some(source) => source
                .downcast_ref::<ComponentError>()
                .map(ComponentError::is_transient)
                .or_else(|| {
                    let executor = source.downcast_ref::<ExecutorError>();
                    executor.map(ExecutorError::is_transient)
                })
                .unwrap_or(false),
            None => false,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let component = self.0.component.as_ref().map_or("?", ComponentId::as_str);
        match &self.0.kind {
            RunErrorKind::NotStarted => write!(f, "`{component}` did not start"),
            RunErrorKind::NotReady { waited } => {
                write!(f, "`{component}` never became ready (waited {waited:?})")
            }
            RunErrorKind::EndedEarly { how } => {
                write!(f, "`{component}` {how} before it was ready")
            }
            RunErrorKind::Leftover { reason } => write!(
                f,
                "an earlier run may have left `{component}` running, and it cannot be proven: {reason}"
            ),
            RunErrorKind::Ended { how } => write!(f, "`{component}` {how}"),
            RunErrorKind::NotAlive => write!(f, "`{component}` does not answer any more"),
            RunErrorKind::NoExecutor { workload } => {
                write!(
                    f,
                    "nothing here can start `{component}`, which asks for `{workload}`"
                )
            }
            RunErrorKind::ExecutorUnavailable => {
                f.write_str("an executor cannot prepare what the run needs")
            }
            RunErrorKind::State => f.write_str("the state of the pipeline cannot be used"),
            RunErrorKind::OtherSource { stored, found } => write!(
                f,
                "the stored position of `{component}` is of another source: the state says `{stored}`, the source says `{found}`"
            ),
            RunErrorKind::CannotRewind {
                checkpoint,
                sink_has: Some(has),
            } => write!(
                f,
                "a sink has only what came up to {has}, and `{component}` cannot go back before {checkpoint}"
            ),
            RunErrorKind::CannotRewind {
                checkpoint,
                sink_has: None,
            } => write!(
                f,
                "a sink has nothing yet, and `{component}` cannot go back before {checkpoint}"
            ),
            RunErrorKind::HoldsData => {
                write!(f, "`{component}` holds data of earlier runs")
            }
            RunErrorKind::Failed => write!(f, "`{component}` failed"),
            RunErrorKind::Contract { broken } => {
                write!(f, "`{component}` does not keep its contract: {broken}")
            }
            RunErrorKind::Panicked { message } => write!(f, "`{component}` panicked: {message}"),
            RunErrorKind::StateLost => f.write_str("the state of the pipeline cannot be written"),
            RunErrorKind::Forced => write!(f, "`{component}` had to be ended by force"),
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
