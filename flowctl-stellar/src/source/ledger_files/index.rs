use std::path::{Path, PathBuf};

use flowctl_core::component::ComponentError;

use crate::format::{FormatError, LedgerReader};

/// Which ledgers are in which files: the range of each, in the order of their first ledgers.
#[derive(Clone, Debug, Default)]
pub(super) struct LedgerIndex {
    pub(super) files: Vec<IndexedFile>,
}

/// One file that holds ledgers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexedFile {
    pub(super) path: PathBuf,
    pub(super) first: u32,
    pub(super) last: u32,
    /// Whether its ledgers lie in it in rising order.
    pub(super) rising: bool,
}

impl LedgerIndex {
    /// Reads the headers in all files that the patterns match. Blocks.
    pub(super) fn build(patterns: &[String], limit: usize) -> Result<Self, ComponentError> {
        let mut files = Vec::new();
        for path in matching(patterns)? {
            // An archive may hold no file at all; other content without a ledger is an error.
            files.extend(IndexedFile::scan(path, limit).map_err(read_error)?);
        }
        files.sort_by(|a, b| (a.first, a.last, &a.path).cmp(&(b.first, b.last, &b.path)));
        Ok(Self { files })
    }

    /// The last ledger in any file.
    pub(super) fn last(&self) -> Option<u32> {
        self.files.iter().map(|file| file.last).max()
    }

    /// The first ledger in any file.
    pub(super) fn first(&self) -> Option<u32> {
        self.files.first().map(|file| file.first)
    }
}

impl IndexedFile {
    fn scan(path: PathBuf, limit: usize) -> Result<Option<Self>, FormatError> {
        let mut reader = LedgerReader::open(&path, limit)?;
        let mut found: Option<(u32, u32, u32, bool)> = None;
        while let Some(header) = reader.next_header() {
            let sequence = header?.sequence;
            found = Some(match found {
                None => (sequence, sequence, sequence, true),
                Some((first, last, before, rising)) => (
                    first.min(sequence),
                    last.max(sequence),
                    sequence,
                    rising && sequence > before,
                ),
            });
        }
        Ok(found.map(|(first, last, _, rising)| Self {
            path,
            first,
            last,
            rising,
        }))
    }
}

/// The files that the patterns match, each once, in the order of their paths.
///
/// A pattern that matches nothing is an error: a misspelt path must not read as an empty history.
fn matching(patterns: &[String]) -> Result<Vec<PathBuf>, ComponentError> {
    let mut paths = Vec::new();
    for pattern in patterns {
        let before = paths.len();
        if Path::new(pattern).is_file() {
            paths.push(PathBuf::from(pattern));
        } else {
            let matches = glob::glob(pattern).map_err(|error| {
                ComponentError::stop(format!("`{pattern}` is not a pattern of paths"))
                    .caused_by(error)
            })?;
            for path in matches {
                let path = path.map_err(|error| {
                    ComponentError::new(format!("cannot look for the files `{pattern}`"))
                        .caused_by(error)
                })?;
                if path.is_file() {
                    paths.push(path);
                }
            }
        }
        if paths.len() == before {
            return Err(ComponentError::stop(format!("no file matches `{pattern}`"))
                .help("relative paths start in the folder that flowctl was started in"));
        }
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The error of a file that cannot be read. Damaged content does not heal, so it stops the source.
pub(super) fn read_error(error: FormatError) -> ComponentError {
    ComponentError::stop("a ledger file cannot be read").caused_by(error)
}
