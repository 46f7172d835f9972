//! The subcommands, one file each.

mod completions;
mod components;
mod explain;
mod graph;
mod plan;
mod run;
mod schema;
mod validate;
mod version;

use clap::Subcommand;

use crate::{error::CliError, session::Session};

/// What flowctl can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline until it comes to its end or is stopped (Ctrl-C drains it)
    Run(run::Arguments),
    /// Check a pipeline's file and say everything that is wrong with it
    Validate(validate::Arguments),
    /// Show what running a pipeline would do, and do nothing
    Plan(plan::Arguments),
    /// Draw a pipeline
    Graph(graph::Arguments),
    /// Tell what the code of an error means and what to do about it
    Explain(explain::Arguments),
    /// List the components that pipelines can use, or describe one
    Components(components::Arguments),
    /// Print the JSON Schema of pipeline files, for editors
    Schema,
    /// Print a script that completes flowctl commands in a shell
    Completions(completions::Arguments),
    /// Print the version
    Version,
}

impl Command {
    /// Does it; gives the exit code.
    pub(crate) fn execute(&self, session: &Session) -> Result<u8, CliError> {
        match self {
            Self::Run(arguments) => run::run(session, arguments),
            Self::Validate(arguments) => validate::validate(session, arguments),
            Self::Plan(arguments) => plan::plan(session, arguments),
            Self::Graph(arguments) => graph::graph(session, arguments),
            Self::Explain(arguments) => explain::explain(session, arguments),
            Self::Components(arguments) => components::components(session, arguments),
            Self::Schema => schema::schema(session),
            Self::Completions(arguments) => completions::completions(session, arguments),
            Self::Version => version::version(session),
        }
    }
}
