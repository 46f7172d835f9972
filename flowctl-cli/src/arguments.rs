//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, ValueEnum, ValueHint};

use crate::{command::Command, exit_code};

/// Runs streaming pipelines from YAML files: sources → processors → sinks.
#[derive(Debug, Parser)]
#[command(name = "flowctl", version, after_help = exit_code::HELP, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct Global {
    /// For people, or as JSON: one object a line with documented, stable fields
    #[arg(long, global = true, value_enum, default_value_t = Form::Human)]
    pub(crate) output: Form,
    /// When to use colour; `auto`: on a terminal, unless `NO_COLOR`, `CI` or `TERM=dumb` is set
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Show times in UTC instead of local time
    #[arg(long, global = true)]
    pub(crate) utc: bool,
    /// Log more: -v what happens, -vv details, -vvv everything (`FLOWCTL_LOG` takes a filter)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Text that may change from version to version
    Human,
    /// Objects whose fields only grow
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// Which pipeline, and what differs from its file.
#[derive(Args, Clone, Debug)]
pub(crate) struct SpecArguments {
    /// The pipeline's YAML file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Lay this file over the pipeline: maps merge, components merge by id (may be repeated)
    #[arg(short = 'f', long = "file", value_name = "OVERLAY", value_hint = ValueHint::FilePath)]
    pub(crate) overlays: Vec<PathBuf>,
    /// Set one value, for example `--set spec.sources[0].config.end_ledger=100` (may be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

/// A duration as specs write it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    flowctl_core::units::parse_duration(text).map_err(|error| error.to_string())
}
