use serde::{Serialize, Serializer};

use super::{Code, path::FieldPath};

/// One problem of a spec: what, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The kind of problem; it also says whether this is an error or a warning.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The problem in one line.
    pub message: String,
    /// Where in the spec, for example `spec.sinks[0].inputs[1]`; empty: the spec as a whole.
    #[serde(serialize_with = "as_text")]
    pub(crate) path: FieldPath,
    /// Where in the text, when there is one.
    pub location: Option<Location>,
    /// Other places that belong to the problem, each with its location where known.
    pub related: Vec<Related>,
    /// What stands there.
    pub found: Option<String>,
    /// What could stand there; empty: not a matter of a few words.
    pub allowed: Vec<String>,
    /// The allowed value that is most like what was found.
    pub nearest: Option<String>,
    /// What is wrong with the marked part, in a few words.
    pub label: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// Whether the key, not the value, is what is wrong.
    #[serde(skip)]
    pub(crate) at_key: bool,
}

fn as_text<S: Serializer>(path: &FieldPath, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(path)
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The spec cannot run.
    Error,
    /// The spec can run, but something in it has no effect or is not what it seems.
    Warning,
}

impl Severity {
    /// The word that a message begins with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Location {
    /// The name of the text, as the caller gave it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters of that line are meant; at least 1.
    pub length: usize,
    /// The line itself, for people; cut when it is very long.
    #[serde(skip)]
    pub(crate) excerpt: String,
}

/// Another place that belongs to a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Related {
    /// Where in the spec.
    #[serde(serialize_with = "as_text")]
    pub(crate) path: FieldPath,
    /// Where in the text, when there is one.
    pub location: Option<Location>,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, path: FieldPath, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: if code.is_warning() {
                Severity::Warning
            } else {
                Severity::Error
            },
            message: message.into(),
            path,
            location: None,
            related: Vec::new(),
            found: None,
            allowed: Vec::new(),
            nearest: None,
            label: None,
            help: None,
            at_key: false,
        }
    }

    /// Where in the spec it is, for example `spec.sinks[0].inputs[1]`.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// Whether the spec cannot run because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub(crate) const fn at_key(mut self) -> Self {
        self.at_key = true;
        self
    }

    pub(crate) fn related(mut self, paths: impl IntoIterator<Item = FieldPath>) -> Self {
        self.related.extend(paths.into_iter().map(|path| Related {
            path,
            location: None,
        }));
        self
    }

    /// What was found, what could stand there, and the nearest of that; also as the help, where
    /// `what` names the allowed things.
    pub(crate) fn choice<'a>(
        mut self,
        found: &str,
        allowed: impl IntoIterator<Item = &'a str>,
        what: &str,
    ) -> Self {
        // Names of thousands of components are no help to anybody.
        let mut allowed: Vec<&str> = allowed.into_iter().take(2_000).collect();
        let nearest = nearest(found, allowed.iter().copied());
        let mut help = nearest
            .map(|name| format!("`{name}` is near"))
            .unwrap_or_default();
        // Where the nearest is known, a long list beside it would only hide it.
        if !allowed.is_empty() && (nearest.is_none() || allowed.len() <= MOST_SHOWN) {
            help.push_str(if help.is_empty() { "" } else { "; " });
            help.push_str(what);
            help.push_str(": ");
            help.push_str(&short_list(&allowed));
        }
        allowed.truncate(50);
        self.help = (!help.is_empty()).then_some(help);
        self.found = Some(found.to_owned());
        self.nearest = nearest.map(str::to_owned);
        self.allowed = allowed.into_iter().map(str::to_owned).collect();
        self
    }
}

/// How many names fit in one line.
const MOST_SHOWN: usize = 12;

/// The first names in one line.
pub(crate) fn short_list(names: &[&str]) -> String {
    let shown = names
        .iter()
        .take(MOST_SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().checked_sub(MOST_SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

/// The name most like `found`, if any is like it at all.
#[cfg(feature = "yaml")]
pub(crate) fn nearest<'a>(found: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Transposed and left-out letters are one step each; a third of the word may differ. A long text
    // is no misspelt name, and comparing it with thousands would take its time.
    if found.len() > 128 {
        return None;
    }
    let lower = found.to_lowercase().replace('_', "-");
    let most = (found.chars().count() / 3).max(1);
    names
        .filter(|name| name.len().abs_diff(found.len()) <= most + 2)
        .map(|name| {
            let like = name.to_lowercase().replace('_', "-");
            (strsim::damerau_levenshtein(&lower, &like), name)
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Without the `yaml` feature there is nobody who misspells: names come from Rust.
#[cfg(not(feature = "yaml"))]
pub(crate) fn nearest<'a>(_: &str, _: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    None
}
