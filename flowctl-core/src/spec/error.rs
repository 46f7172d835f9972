use std::{error::Error, fmt};

use serde::Serialize;

use super::{Diagnostic, Severity, render};

/// Every problem of a spec at once; at least one of them is an error.
///
/// Displays as text for people, each problem with its place and an excerpt; serialises as
/// `{"diagnostics": […]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpecErrors {
    diagnostics: Vec<Diagnostic>,
}

impl SpecErrors {
    /// `Ok` with the warnings when none of the problems is an error.
    pub(crate) fn unless_harmless(diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Self> {
        if diagnostics.iter().any(Diagnostic::is_error) {
            Err(Self { diagnostics })
        } else {
            Ok(diagnostics)
        }
    }

    /// These problems, whatever they are.
    #[cfg(feature = "yaml")]
    pub(crate) const fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics }
    }

    /// The problems, errors and warnings, in the order of the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// How many problems are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    }

    /// The code of the first error.
    #[must_use]
    pub fn code(&self) -> Option<super::Code> {
        self.diagnostics
            .iter()
            .find(|diagnostic| diagnostic.is_error())
            .map(|d| d.code)
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            render::diagnostic(diagnostic, f)?;
        }
        let count = |severity| match (self.count(severity), severity.as_str()) {
            (1, word) => format!("1 {word}"),
            (n, word) => format!("{n} {word}s"),
        };
        write!(
            f,
            "{}, {}",
            count(Severity::Error),
            count(Severity::Warning)
        )
    }
}

impl Error for SpecErrors {}
