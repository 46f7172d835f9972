use std::path::PathBuf;

use serde::Deserialize;

/// Where [`Sqlite`](super::Sqlite) writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// The database. It and folders that are missing are made.
    pub path: PathBuf,
}

impl SqliteConfig {
    /// Rows in the database `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}
