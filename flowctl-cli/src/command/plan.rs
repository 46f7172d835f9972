use flowctl_core::Runner;

use crate::{arguments::SpecArguments, error::CliError, exit_code, session::Session, spec_files};

pub(super) fn plan(session: &Session, arguments: &SpecArguments) -> Result<u8, CliError> {
    let read = spec_files::read(arguments, &session.registry)?;
    spec_files::tell_warnings(session, &read.warnings);
    let runner = Runner::builder(session.registry.clone()).build();
    let plan = runner.plan(&read.spec).map_err(CliError::Spec)?;
    let text = format!(
        "{plan}nothing was done. To do it: flowctl run {}",
        arguments.file.display()
    );
    session.answer("plan", &plan, &text)?;
    Ok(exit_code::DONE)
}
