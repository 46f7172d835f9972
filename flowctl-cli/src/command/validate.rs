use serde::Serialize;

use crate::{
    arguments::SpecArguments, error::CliError, exit_code, session::Session, spec_files,
    text::number::counted,
};

#[derive(Serialize)]
struct Valid<'a> {
    pipeline: &'a str,
    components: usize,
    diagnostics: &'a [flowctl_core::spec::Diagnostic],
}

pub(super) fn validate(session: &Session, arguments: &SpecArguments) -> Result<u8, CliError> {
    let read = spec_files::read(arguments, &session.registry)?;
    spec_files::tell_warnings(session, &read.warnings);
    let components = read.spec.components.len();
    let text = format!(
        "{} is valid: {}, {}",
        read.spec.name,
        counted(components as u64, "component"),
        counted(read.warnings.len() as u64, "warning"),
    );
    let valid = Valid {
        pipeline: read.spec.name.as_str(),
        components,
        diagnostics: &read.warnings,
    };
    session.answer("valid", &valid, &text)?;
    Ok(exit_code::DONE)
}
