use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use flowctl_core::component::{ComponentError, OpenSink};

use super::position_file::{FilePosition, PositionFile};
use crate::{
    Hash,
    sink::{FileIdentity, Positions, file_error},
};

/// How many bytes at the end of the data its position remembers.
const TAIL_BYTES: usize = 64 * 1024;

/// A file that only grows, whose durable end is known.
///
/// All calls block.
#[derive(Debug)]
pub(super) struct LineFile {
    path: PathBuf,
    file: File,
    identity: FileIdentity,
    position_file: PositionFile,
    position: FilePosition,
    /// The last bytes before the durable end.
    tail: Vec<u8>,
    /// Whether the file or its position may differ from `position`, after a failed write.
    unsure: bool,
}

impl LineFile {
    /// Opens the file as the module's table says.
    pub(super) fn open(path: &Path, open: &OpenSink) -> Result<Self, ComponentError> {
        let position_file = PositionFile::beside(path);
        let failed = |action| move |error| file_error(action, path, error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
        }
        let is_new = match fs::symlink_metadata(path) {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(failed("look at")(error)),
        };
        if is_new && position_file.read()?.is_some() {
            // Before the new file is there, or a crash in between would look like a file cut short.
            position_file.replace(&FilePosition::default())?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed("open"))?;
        lock(&file, path)?;
        // Only now: whoever held the lock until now may have moved it.
        let stored = position_file.read()?;
        let identity = FileIdentity::of(path).map_err(failed("look at"))?;
        let length = file.metadata().map_err(failed("look at"))?.len();
        if length > 0
            && let Some(stored) = &stored
            && stored.length == 0
            && stored.tail != identity.to_string()
        {
            return Err(not_the_empty_file(path));
        }
        let position = match stored {
            Some(position) => position,
            None if length == 0 => FilePosition::default(),
            None => {
                return Err(without_position(path));
            }
        };
        position
            .sources
            .check(&format!("`{}`", path.display()), open)?;
        let mut lines = Self {
            path: path.to_owned(),
            file,
            identity,
            position_file,
            position,
            tail: Vec::new(),
            unsure: true,
        };
        if length < lines.position.length {
            return Err(lines.changed(&format!(
                "it has {length} bytes where {} were written",
                lines.position.length
            )));
        }
        lines.read_tail()?;
        lines.restore()?;
        Ok(lines)
    }

    /// Removes the file and its position, whatever is wrong with them; but never a file with data that
    /// has no position beside it, which somebody else may have written.
    pub(super) fn remove(path: &Path) -> Result<(), ComponentError> {
        let position_file = PositionFile::beside(path);
        match File::open(path) {
            Ok(file) => {
                lock(&file, path)?;
                let length = file
                    .metadata()
                    .map_err(|error| file_error("look at", path, error))?
                    .len();
                if length > 0 && !position_file.exists() {
                    return Err(without_position(path));
                }
                fs::remove_file(path).map_err(|error| file_error("remove", path, error))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(file_error("remove", path, error)),
        }
        position_file.remove()
    }

    /// How far the file is complete.
    pub(super) const fn positions(&self) -> &Positions {
        &self.position.sources
    }

    /// Appends `lines` and makes them and the positions that they lead to durable.
    pub(super) fn append(
        &mut self,
        lines: &[u8],
        sources: Positions,
    ) -> Result<(), ComponentError> {
        if self.unsure {
            self.restore()?;
        }
        self.unsure = true;
        if !lines.is_empty()
            && let Err(error) = self.write(lines)
        {
            // The position does not speak of them yet. On a full disk only the cut makes room again.
            self.unsure = self.cut().is_err();
            return Err(error);
        }
        self.identity.check(&self.path)?;
        let mut tail = self.tail.clone();
        tail.extend_from_slice(lines);
        tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
        let added = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let position = FilePosition {
            length: self.position.length.saturating_add(added),
            tail: self.mark(&tail),
            sources,
        };
        self.position_file.replace(&position)?;
        self.tail = tail;
        self.position = position;
        self.unsure = false;
        Ok(())
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), ComponentError> {
        let path = &self.path;
        let failed = |error| file_error("append to", path, error);
        self.file
            .seek(SeekFrom::Start(self.position.length))
            .map_err(failed)?;
        self.file.write_all(lines).map_err(failed)?;
        self.file.sync_data().map_err(failed)
    }

    /// That the file is still where it is expected to be.
    pub(super) fn close(&self) -> Result<(), ComponentError> {
        self.identity.check(&self.path)
    }

    /// What a position remembers of data that ends with `tail`, to know it again.
    fn mark(&self, tail: &[u8]) -> String {
        if tail.is_empty() {
            self.identity.to_string()
        } else {
            Hash::of(tail).to_string()
        }
    }

    /// Brings the file and the position file to what is known to be durable.
    ///
    /// The position first: if it speaks of bytes that the failed write added, they must still be there
    /// when the process dies in between.
    fn restore(&mut self) -> Result<(), ComponentError> {
        self.position.tail = self.mark(&self.tail);
        // Where it is right already nothing is written: on a full disk only the cut makes room.
        if self.position_file.read()?.as_ref() != Some(&self.position) {
            self.position_file.replace(&self.position)?;
        }
        self.cut()
            .map_err(|error| file_error("cut", &self.path, error))?;
        self.unsure = false;
        Ok(())
    }

    fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.position.length)?;
        self.file.sync_all()
    }

    /// Reads the bytes before the durable end, and refuses others than were written.
    fn read_tail(&mut self) -> Result<(), ComponentError> {
        let length = self.position.length;
        let start = length.saturating_sub(u64::try_from(TAIL_BYTES).unwrap_or(u64::MAX));
        let mut tail = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(start))
            .and_then(|_| (&mut self.file).take(length - start).read_to_end(&mut tail));
        read.map_err(|error| file_error("read", &self.path, error))?;
        if length > 0 && Hash::of(&tail).to_string() != self.position.tail {
            return Err(self.changed("its end is not what was written"));
        }
        self.tail = tail;
        Ok(())
    }

    fn changed(&self, how: &str) -> ComponentError {
        let path = self.path.display();
        ComponentError::stop(format!("`{path}` was changed by somebody else: {how}"))
            .help("restore the file, or delete it to have it written again from the start")
    }
}

/// Keeps other processes from writing to the file for as long as it is open.
fn lock(file: &File, path: &Path) -> Result<(), ComponentError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let path = path.display();
            Err(ComponentError::stop(format!(
                "`{path}` is in use by another process"
            )))
        }
        Err(TryLockError::Error(error)) => Err(file_error("lock", path, error)),
    }
}

fn not_the_empty_file(path: &Path) -> ComponentError {
    let path = path.display();
    ComponentError::stop(format!(
        "`{path}` holds data, but it is not the file that was left empty here"
    ))
    .help("move the file away or give the sink another path")
}

fn without_position(path: &Path) -> ComponentError {
    let path = path.display();
    ComponentError::stop(format!(
        "`{path}` holds data, but nothing beside it says how far it is complete"
    ))
    .help("move the file away or give the sink another path")
}
