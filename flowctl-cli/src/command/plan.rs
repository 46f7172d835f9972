use std::path::PathBuf;

use clap::Args;
use flowctl_core::store::FileStore;

use crate::{
    arguments::{ExecutorArguments, SpecArguments, StateArguments},
    backends::Backends,
    error::CliError,
    exit_code,
    session::Session,
    spec_files,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
    #[command(flatten)]
    executor: ExecutorArguments,
    #[command(flatten)]
    state: StateArguments,
}

pub(super) fn plan(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let read = spec_files::read(&arguments.spec, &session.registry)?;
    spec_files::tell_warnings(session, &read.warnings);
    let spec = &read.spec;
    // Nothing is touched, so that it does not matter when there is no such place.
    let folder = arguments.state.folder().map_or_else(
        |_| PathBuf::new(),
        |state| FileStore::folder(&state, &spec.namespace, &spec.name),
    );
    let backends = Backends::new(session, arguments.executor.choice(spec), &folder);
    let plan = backends.plan(&session.registry, spec)?;
    let mut command = vec!["flowctl run".to_owned()];
    command.extend(arguments.spec.words());
    if let Some(choice) = arguments.executor.executor {
        command.push(format!("--executor {}", choice.as_str()));
    }
    let command = command.join(" ");
    let last = match backends.check(spec, &plan) {
        Ok(()) => format!("nothing was done. To do it: {command}"),
        Err(error) => {
            let failure = error.failure();
            let help = failure.help.unwrap_or_default();
            format!(
                "nothing was done, and `{command}` would be refused: {}\n  help: {help}",
                failure.message
            )
        }
    };
    session.answer("plan", &plan, &format!("{plan}{last}"))?;
    Ok(exit_code::DONE)
}
