use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::{
    arguments::{Choice, ExecutorArguments, SpecArguments},
    backends::Backends,
    error::CliError,
    exit_code,
    session::Session,
    spec_files,
    text::number::counted,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
    #[command(flatten)]
    executor: ExecutorArguments,
}

#[derive(Serialize)]
struct Valid<'a> {
    pipeline: &'a str,
    components: usize,
    diagnostics: &'a [flowctl_core::spec::Diagnostic],
}

pub(super) fn validate(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let mut read = spec_files::read(&arguments.spec, &session.registry)?;
    let choice = arguments.executor.choice(&read.spec);
    let backends = Backends::new(session, choice, Path::new(""));
    let plan = backends.plan(&session.registry, &read.spec)?;
    // Which containers could run here is not a matter of the spec, unless somebody asks for a place.
    if choice != Choice::Auto {
        backends.check(&read.spec, &plan)?;
    }
    let of_executors = spec_files::of_plan(&plan, &read.warnings);
    read.warnings.extend(of_executors);
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
