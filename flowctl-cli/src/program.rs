use std::process::ExitCode;

use clap::Parser as _;
use flowctl_core::Registry;

use crate::{arguments::Arguments, exit_code, session::Session};

/// Runs the flowctl program over these components: reads the command line of the process, does what it
/// says, and tells how the process should end.
///
/// Adds the sink `console`, which writes to the stdout of the process, unless the registry has one.
/// Takes the process as its own: it handles signals while a pipeline runs, and sets the global
/// `tracing` subscriber if none is set.
#[must_use = "the exit code is what the process should end with"]
pub fn run(registry: Registry) -> ExitCode {
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
    let session = Session::new(registry, &arguments.global);
    let code = arguments.command.execute(&session).unwrap_or_else(|error| {
        session.tell_error(&error);
        error.exit_code()
    });
    exit_code::exit(code)
}
