use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::arguments::{ExecutorArguments, SpecArguments, StateArguments, duration};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) spec: SpecArguments,
    #[command(flatten)]
    pub(super) executor: ExecutorArguments,
    /// Go on without this terminal, once the pipeline is ready; `flowctl attach` comes back to it
    #[arg(short, long)]
    pub(super) detach: bool,
    #[command(flatten)]
    pub(super) state: StateArguments,
    /// Forget where the pipeline was and begin at its beginning; `--fresh=sinks` empties its sinks too
    #[arg(long, value_name = "WHAT", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "state")]
    pub(super) fresh: Option<Fresh>,
    /// How long a stop may take before components are ended by force [default: the spec's stop_within]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) grace: Option<Duration>,
    /// Where components outside this process register, on 127.0.0.1 [default: 8080 or the next free one]
    #[arg(long, value_name = "PORT")]
    pub(super) control_plane_port: Option<u16>,
}

/// What `--fresh` forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Fresh {
    /// The checkpoints; refused when a sink holds data
    State,
    /// The checkpoints, and what sinks hold
    Sinks,
}
