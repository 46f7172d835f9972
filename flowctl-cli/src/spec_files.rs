//! Reads the files of a pipeline.

use std::path::{Path, PathBuf};

use flowctl_core::{
    Registry,
    run::Plan,
    spec::{Diagnostic, Reader, Reading},
};

use crate::{
    arguments::SpecArguments,
    error::CliError,
    session::{Session, colour_headlines},
};

/// Reads a pipeline with its overlays and single values, in the environment of the process.
///
/// # Errors
///
/// When a file cannot be read, and everything that is wrong with what the files say.
pub(crate) fn read(arguments: &SpecArguments, registry: &Registry) -> Result<Reading, CliError> {
    let folder = arguments
        .file
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf);
    let mut reader = Reader::new()
        .catalog(registry)
        .variables(|name| std::env::var(name).ok())
        .files(move |name| std::fs::read_to_string(folder.join(name)));
    for path in std::iter::once(&arguments.file).chain(&arguments.overlays) {
        let text = std::fs::read_to_string(path).map_err(|cause| CliError::Unreadable {
            path: path.clone(),
            cause,
        })?;
        reader = reader.text(path.display().to_string(), text);
    }
    for assignment in &arguments.set {
        reader = reader.set(assignment);
    }
    reader.read().map_err(CliError::Spec)
}

/// What a plan warns of and the files did not tell yet: what executors will not do.
pub(crate) fn of_plan(plan: &Plan, told: &[Diagnostic]) -> Vec<Diagnostic> {
    let is_told = |warning: &&Diagnostic| {
        let same = |told: &Diagnostic| told.code == warning.code && told.path() == warning.path();
        told.iter().any(same)
    };
    let warnings = plan.warnings().iter();
    warnings
        .filter(|warning| !is_told(warning))
        .cloned()
        .collect()
}

/// Tells the warnings about a pipeline.
pub(crate) fn tell_warnings(session: &Session, warnings: &[Diagnostic]) {
    for warning in warnings {
        session.tell("problem", warning, |palette| {
            colour_headlines(palette, warning.to_string().trim_end())
        });
    }
}
