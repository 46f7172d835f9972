use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    identity::{Identity, Presence},
    os,
    record::Record,
};
use crate::{ComponentId, RunId, executor::Stream};

/// Where everything about one instance lies: `<folder>/<run>/<component>.<index>.<generation>/`.
///
/// | file | holds |
/// |---|---|
/// | `record.json` | what a later process needs, replaced as a whole |
/// | `keeper` | nothing; whoever keeps the instance holds its lock |
/// | `forced` | nothing; it is there once the grace period of a stop ran out |
/// | `out.log`, `err.log` | what the instance wrote, byte for byte |
/// | `log.index` | when it wrote it |
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InstanceFolder(Arc<Path>);

/// Proof that this process keeps an instance: no other does as long as it lives.
#[derive(Debug)]
pub(super) struct KeeperLock(#[expect(dead_code, reason = "held, not used")] File);

impl InstanceFolder {
    /// The folder of an instance below the executor's own.
    pub(super) fn new(
        folder: &Path,
        run: &RunId,
        component: &ComponentId,
        index: u32,
        generation: u32,
    ) -> Self {
        let run = folder.join(run.as_str());
        Self(run.join(format!("{component}.{index}.{generation}")).into())
    }

    /// The folders of all instances of a run.
    pub(super) fn of_run(folder: &Path, run: &RunId) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(folder.join(run.as_str())) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(Self(entry.path().into()));
            }
        }
        folders.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(folders)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder; false if it is there already.
    pub(super) fn create(&self) -> io::Result<bool> {
        if let Some(run) = self.0.parent() {
            private().recursive(true).create(run)?;
        }
        match private().create(&self.0) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes away all of it.
    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The record; `None` if there is none (yet, or any more).
    pub(super) fn read(&self) -> io::Result<Option<Record>> {
        let path = self.record();
        match fs::read(&path) {
            Ok(bytes) => Record::from_bytes(&bytes).map(Some).map_err(|reason| {
                let message = format!("{} cannot be read: {reason}", path.display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the record: whoever reads it sees the old one or the new one, also after a crash.
    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        let next = self.0.join("record.next");
        let mut file = create(&next, false)?;
        file.write_all(&record.to_bytes()?)?;
        file.sync_data()?;
        fs::rename(&next, self.record())
    }

    /// Takes the record away, and leaves the output.
    pub(super) fn forget(&self) -> io::Result<()> {
        for name in ["record.json", "record.next", "forced", "keeper"] {
            match fs::remove_file(self.0.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Becomes the keeper of the instance; `None` if another process, or another task of this one, is.
    pub(super) fn lock(&self) -> io::Result<Option<KeeperLock>> {
        let file = create(&self.0.join("keeper"), true)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(KeeperLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Notes that the grace period of a stop ran out.
    pub(super) fn mark_forced(&self) -> io::Result<()> {
        create(&self.0.join("forced"), true).map(drop)
    }

    /// Whether the grace period of a stop ran out.
    pub(super) fn is_forced(&self) -> bool {
        self.0.join("forced").exists()
    }

    /// The file that an output goes to.
    pub(super) fn log(&self, stream: Stream) -> PathBuf {
        self.0.join(match stream {
            Stream::Out => "out.log",
            Stream::Err => "err.log",
        })
    }

    /// The file that says when what was written.
    pub(super) fn index(&self) -> PathBuf {
        self.0.join("log.index")
    }

    /// Opens an output for the program that is going to write it. As long as a process has what is
    /// opened here, the file is locked, whoever asks.
    pub(super) fn output(&self, stream: Stream) -> io::Result<File> {
        let file = create(&self.log(stream), true)?;
        // A lock that nobody can take is for the other containers' sake; here processes are seen.
        let _ = file.try_lock();
        Ok(file)
    }

    /// Whether no process has an output of the instance any more, on this machine.
    pub(super) fn is_silent(&self) -> io::Result<bool> {
        for stream in [Stream::Out, Stream::Err] {
            match File::open(self.log(stream)) {
                Ok(file) => match file.try_lock() {
                    Ok(()) => {}
                    Err(TryLockError::WouldBlock) => return Ok(false),
                    Err(TryLockError::Error(error)) => return Err(error),
                },
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Kills whatever still writes to the output of an instance that has ended. It has left the group
    /// of the instance, or it is from before this process kept the instance.
    pub(super) fn end_writers(&self) {
        for stream in [Stream::Out, Stream::Err] {
            // Without the file there is no writer of it.
            let _ = os::kill_writers_of(&self.log(stream));
        }
    }

    /// Whether the process of the instance is still there, as far as can be known from here.
    pub(super) fn presence(&self, identity: &Identity) -> io::Result<Presence> {
        Ok(match identity.presence()? {
            Presence::Hidden(_) if identity.is_of_this_machine()? && self.is_silent()? => {
                Presence::Ended
            }
            presence => presence,
        })
    }

    /// Empties the output files.
    pub(super) fn clear_output(&self) -> io::Result<()> {
        for stream in [Stream::Out, Stream::Err] {
            create(&self.log(stream), false)?;
        }
        match fs::remove_file(self.index()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn record(&self) -> PathBuf {
        self.0.join("record.json")
    }
}

/// Makes folders that only this user can look into.
pub(super) fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Opens a file that only this user can look into: to append to it, or to write it anew.
pub(super) fn create(path: &Path, append: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    if append {
        options.append(true);
    } else {
        options.write(true).truncate(true);
    }
    options.open(path)
}
