use std::path::PathBuf;

use crate::BoxError;

/// The state store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the folder.
    #[error("the state in `{}` is in use by {holder}", folder.display())]
    InUse {
        /// The state folder.
        folder: PathBuf,
        /// Who holds it, as far as it can be told.
        holder: String,
    },
    /// The folder was written by a version of flowctl that this one does not know.
    #[error("the state in `{}` has format {found}, this flowctl reads format {known}", folder.display())]
    UnknownFormat {
        /// The state folder.
        folder: PathBuf,
        /// The format it says it has.
        found: String,
        /// The format that is known here.
        known: u32,
    },
    /// The medium failed.
    #[error("the state store failed to {action}")]
    Failed {
        /// What was tried, as a verb phrase.
        action: &'static str,
        /// What the medium said.
        source: BoxError,
    },
}

impl StoreError {
    pub(crate) fn failed(action: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Failed {
            action,
            source: source.into(),
        }
    }
}
