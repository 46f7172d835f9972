use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde::Serialize;

use crate::{error::CliError, exit_code, session::Session};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

#[derive(Serialize)]
struct Completions {
    shell: String,
    script: String,
}

pub(super) fn completions(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let mut script = Vec::new();
    let mut command = crate::arguments::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "flowctl", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let completions = Completions {
        shell: arguments.shell.to_string(),
        script,
    };
    session.answer("completions", &completions, &completions.script)?;
    Ok(exit_code::DONE)
}
