use std::path::PathBuf;

use serde::Deserialize;

/// Where [`JsonLines`](super::JsonLines) writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct JsonLinesConfig {
    /// The file. Folders that are missing are made.
    pub path: PathBuf,
}

impl JsonLinesConfig {
    /// Lines in the file `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}
