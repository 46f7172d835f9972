use std::{fmt, path::PathBuf};

use crate::program::variables::Value;

/// Where the events are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// Printed, one JSON object a line; nothing is kept, and every start begins anew.
    Stdout,
    /// A file of JSON lines.
    JsonLines(PathBuf),
    /// A SQLite database.
    Sqlite(PathBuf),
}

impl Value for Store {
    fn read(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "stdout" => Ok(Self::Stdout),
            Some(("jsonl", path)) if !path.is_empty() => Ok(Self::JsonLines(path.into())),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err("expected `stdout`, `jsonl:PATH` or `sqlite:PATH`".to_owned()),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::JsonLines(path) => write!(f, "jsonl:{}", path.display()),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_read_as_it_is_shown() {
        for text in ["stdout", "jsonl:a/b.jsonl", "sqlite:C:\\x.db"] {
            assert_eq!(Store::read(text).unwrap().to_string(), text);
        }
        for text in ["", "jsonl", "sqlite:", "postgres:x", "stdout:x"] {
            assert!(
                Store::read(text).unwrap_err().contains("sqlite:PATH"),
                "{text}"
            );
        }
    }
}
