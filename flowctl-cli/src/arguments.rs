//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, ValueEnum, ValueHint};

use flowctl_core::{PipelineSpec, spec::Driver};

use crate::{command::Command, error::CliError, exit_code, state_dir};

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

impl SpecArguments {
    /// The same as words of a command line that a shell takes.
    pub(crate) fn words(&self) -> Vec<String> {
        let path = |path: &PathBuf| shell_word(&path.display().to_string());
        let mut words = vec![path(&self.file)];
        for overlay in &self.overlays {
            words.extend(["-f".to_owned(), path(overlay)]);
        }
        for assignment in &self.set {
            words.extend(["--set".to_owned(), shell_word(assignment)]);
        }
        words
    }
}

/// Where components run.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExecutorArguments {
    /// Where components run [default: the spec's driver, else auto]
    #[arg(long, value_name = "WHERE", value_enum)]
    pub(crate) executor: Option<Choice>,
}

/// Where components run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// Each as its workload says: `use` in this process, `command` as a process, `image` as a container
    Auto,
    /// All of them in this process; one that asks for more is refused
    Native,
    /// What names an image and a command as a process of that command, the others as with auto
    Process,
}

impl Choice {
    /// As it is written on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Native => "native",
            Self::Process => "process",
        }
    }
}

impl ExecutorArguments {
    /// What the command line says, else the spec.
    pub(crate) fn choice(&self, spec: &PipelineSpec) -> Choice {
        self.executor.unwrap_or(match spec.driver {
            Some(Driver::Native) => Choice::Native,
            Some(Driver::Process) => Choice::Process,
            // Containers are what `image` asks for anyway.
            Some(Driver::Dag | Driver::Docker) | None => Choice::Auto,
        })
    }
}

/// Where pipelines keep their state.
#[derive(Args, Clone, Debug)]
pub(crate) struct StateArguments {
    /// Where pipelines keep their state [default: $XDG_STATE_HOME/flowctl or ~/.local/state/flowctl]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state_dir: Option<PathBuf>,
}

impl StateArguments {
    /// The same as words of a command line that a shell takes.
    pub(crate) fn words(&self) -> Vec<String> {
        let folder = self.state_dir.iter();
        let words = folder.map(|folder| shell_word(&folder.display().to_string()));
        words
            .flat_map(|folder| ["--state-dir".to_owned(), folder])
            .collect()
    }

    /// The folder that has them all.
    ///
    /// # Errors
    ///
    /// When none is known.
    pub(crate) fn folder(&self) -> Result<PathBuf, CliError> {
        let environment = |name: &str| std::env::var_os(name).map(PathBuf::from);
        state_dir::state_dir(self.state_dir.as_deref(), environment)
    }
}

/// A text as one word of a shell's command line.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A duration as specs write it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    flowctl_core::units::parse_duration(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let arguments = SpecArguments {
            file: "my pipelines/p.yaml".into(),
            overlays: vec!["o.yaml".into()],
            set: vec!["spec.sources[0].config.seed=it's".to_owned()],
        };
        assert_eq!(
            arguments.words().join(" "),
            r"'my pipelines/p.yaml' -f o.yaml --set 'spec.sources[0].config.seed=it'\''s'"
        );
    }

    #[test]
    fn the_command_line_wins_over_the_spec() {
        let choice = |asked: Option<Choice>, driver| {
            let mut spec = PipelineSpec::new("p".parse().unwrap());
            spec.driver = driver;
            ExecutorArguments { executor: asked }.choice(&spec)
        };
        assert_eq!(choice(None, None), Choice::Auto);
        assert_eq!(choice(None, Some(Driver::Docker)), Choice::Auto);
        assert_eq!(choice(None, Some(Driver::Process)), Choice::Process);
        assert_eq!(
            choice(Some(Choice::Native), Some(Driver::Process)),
            Choice::Native
        );
    }
}
