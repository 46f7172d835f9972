use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use flowctl_core::component::ComponentError;
use serde::{Deserialize, Serialize};

use crate::{
    Hash,
    sink::{Positions, file_error},
};

/// The format of position files that is written, and the only one that is read.
const FORMAT: u32 = 1;

/// What the position file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FilePosition {
    /// How many bytes of the data count.
    pub(super) length: u64,
    /// The hash of the end of those bytes; of none, which file it is.
    pub(super) tail: String,
    /// How far the data is complete.
    pub(super) sources: Positions,
}

/// A file that is replaced as a whole or not at all.
#[derive(Debug)]
pub(super) struct PositionFile {
    path: PathBuf,
    temporary: PathBuf,
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    length: u64,
    tail: String,
    sources: Positions,
    checksum: String,
}

impl PositionFile {
    /// The position file beside the file `data`.
    pub(super) fn beside(data: &Path) -> Self {
        let with = |suffix: &str| {
            let mut name = OsString::from(data);
            name.push(suffix);
            PathBuf::from(name)
        };
        let folder = match data.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Self {
            path: with(".position"),
            temporary: with(".position.new"),
            folder,
        }
    }

    /// What the file says; `None`: there is none.
    pub(super) fn read(&self) -> Result<Option<FilePosition>, ComponentError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(file_error("read", &self.path, error)),
        };
        let damaged = || {
            ComponentError::stop(format!(
                "the position file `{}` is damaged",
                self.path.display()
            ))
            .help("move it and its data away and run again, or run with `--fresh=sinks`")
        };
        let format = serde_json::from_slice::<serde_json::Value>(&text)
            .map_err(|error| damaged().caused_by(error))?
            .get("format")
            .and_then(serde_json::Value::as_u64);
        if format.is_some_and(|format| format != u64::from(FORMAT)) {
            return Err(ComponentError::stop(format!(
                "`{}` has a format that this version does not know",
                self.path.display()
            )));
        }
        let content: Content =
            serde_json::from_slice(&text).map_err(|error| damaged().caused_by(error))?;
        let Content {
            length,
            tail,
            sources,
            checksum,
            ..
        } = content;
        let position = FilePosition {
            length,
            tail,
            sources,
        };
        if self.checksum(&position)? != checksum {
            return Err(damaged());
        }
        Ok(Some(position))
    }

    /// Whether there is such a file, readable or not.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Removes the file and what a replacement left unfinished.
    pub(super) fn remove(&self) -> Result<(), ComponentError> {
        for path in [&self.temporary, &self.path] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(file_error("remove", path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Replaces what the file says, durably.
    pub(super) fn replace(&self, position: &FilePosition) -> Result<(), ComponentError> {
        let content = Content {
            format: FORMAT,
            length: position.length,
            tail: position.tail.clone(),
            sources: position.sources.clone(),
            checksum: self.checksum(position)?,
        };
        let mut text = self.json(&content)?;
        text.push(b'\n');
        self.write(&text)
            .map_err(|error| file_error("write", &self.path, error))
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        let mut file = File::create(&self.temporary)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        File::open(&self.folder)?.sync_all()
    }

    fn checksum(&self, position: &FilePosition) -> Result<String, ComponentError> {
        let FilePosition {
            length,
            tail,
            sources,
        } = position;
        let guarded = self.json(&(FORMAT, length, tail, sources))?;
        Ok(Hash::of(guarded).to_string())
    }

    fn json(&self, value: &impl Serialize) -> Result<Vec<u8>, ComponentError> {
        serde_json::to_vec(value)
            .map_err(|error| file_error("write", &self.path, io::Error::other(error)))
    }
}
