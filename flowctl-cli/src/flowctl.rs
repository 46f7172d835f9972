use std::{process::ExitCode, sync::Arc};

use clap::Parser as _;
use flowctl_core::{Connector, Executor, Registry};

use crate::{arguments::Arguments, exit_code, session::Session};

/// The flowctl program, put together: the components that pipelines can `use`, and what reaches and
/// starts those that run elsewhere.
///
/// A program of one's own begins with its registry and adds what it has:
///
/// ```no_run
/// use flowctl_core::Registry;
///
/// fn main() -> std::process::ExitCode {
///     flowctl_cli::Flowctl::new(Registry::new()).run()
/// }
/// ```
#[derive(Debug)]
#[must_use = "nothing happens before `run`"]
pub struct Flowctl {
    pub(crate) registry: Registry,
    pub(crate) connectors: Vec<Arc<dyn Connector>>,
    pub(crate) executors: Vec<Arc<dyn Executor>>,
}

impl Flowctl {
    /// The program with these components. Programs of the machine are started, asked for their health, and
    /// reached in `flowctl.data.v1` and `flowctl.v1` without further ado.
    pub const fn new(registry: Registry) -> Self {
        Self {
            registry,
            connectors: Vec::new(),
            executors: Vec::new(),
        }
    }

    /// Reaches served components with this connector too. Of several that speak a protocol, the one that
    /// was added first does.
    pub fn connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connectors.push(connector);
        self
    }

    /// Starts components with this executor too, unless `--executor native` is asked for. It wins over
    /// flowctl's own, and of several the one that was added last does.
    pub fn executor(mut self, executor: Arc<dyn Executor>) -> Self {
        self.executors.push(executor);
        self
    }

    /// Reads the command line of the process, does what it says, and tells how the process should end.
    ///
    /// Adds the sink `console`, which writes to the stdout of the process, unless the registry has one.
    /// Takes the process as its own: it handles signals while a pipeline runs, starts the executable of
    /// the process again to run a pipeline detached, and sets the global `tracing` subscriber if none is
    /// set.
    #[must_use = "the exit code is what the process should end with"]
    pub fn run(self) -> ExitCode {
        let arguments = match Arguments::try_parse() {
            Ok(arguments) => arguments,
            Err(error) => {
                // There is nobody to tell when the terminal is gone.
                let _ = error.print();
                let asked_for = error.exit_code() == 0;
                return exit_code::exit(if asked_for {
                    exit_code::DONE
                } else {
                    exit_code::USAGE
                });
            }
        };
        let session = Session::new(self, &arguments.global);
        let code = arguments.command.execute(&session).unwrap_or_else(|error| {
            session.tell_error(&error);
            error.exit_code()
        });
        exit_code::exit(code)
    }
}

/// Runs the flowctl program over these components; [`Flowctl::run`] says how, and [`Flowctl`] takes more
/// than components.
#[must_use = "the exit code is what the process should end with"]
pub fn run(registry: Registry) -> ExitCode {
    Flowctl::new(registry).run()
}
