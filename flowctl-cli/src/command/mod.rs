//! The subcommands, one file each.

mod attach;
mod completions;
mod components;
mod events;
mod explain;
mod graph;
mod logs;
mod plan;
mod ps;
mod run;
mod runs;
mod schema;
mod server;
mod stop;
mod validate;
mod version;

use clap::Subcommand;

use crate::{error::CliError, session::Session};

/// What flowctl can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline until it comes to its end or is stopped (Ctrl-C drains it)
    Run(run::Arguments),
    /// Show the pipelines that run, and how each of their components is
    #[command(visible_alias = "status")]
    Ps(ps::Arguments),
    /// Show what components outside flowctl's own process write, while a pipeline runs and after
    Logs(logs::Arguments),
    /// Show what happened in a run
    Events(events::Arguments),
    /// Follow a run of another process as `run` shows it; Ctrl-C leaves it running
    Attach(attach::Arguments),
    /// Stop a pipeline that runs, and wait for its end
    Stop(stop::Arguments),
    /// List runs, those that go on and past ones
    Runs(runs::Arguments),
    /// Check a pipeline's file and say everything that is wrong with it
    Validate(validate::Arguments),
    /// Show what running a pipeline would do, and do nothing
    Plan(plan::Arguments),
    /// Draw a pipeline
    Graph(graph::Arguments),
    /// Serve a control plane alone, for components that others start
    Server(server::Arguments),
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
            Self::Ps(arguments) => ps::ps(session, arguments),
            Self::Logs(arguments) => logs::logs(session, arguments),
            Self::Events(arguments) => events::events(session, arguments),
            Self::Attach(arguments) => attach::attach(session, arguments),
            Self::Stop(arguments) => stop::stop(session, arguments),
            Self::Runs(arguments) => runs::runs(session, arguments),
            Self::Server(arguments) => server::server(session, arguments),
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
