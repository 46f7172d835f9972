use std::{fmt, fs, io, path::Path, time::SystemTime};

use flowctl_core::component::ComponentError;

/// Which file a path led to, so that it can be told when it leads to another one or to none.
///
/// An open file can be removed on Unix: writing goes on and reaches nobody. Elsewhere an open file
/// cannot be removed, and only its being there is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    /// When it was made, where the file system says so: the number of a removed file is soon given to
    /// another one.
    made: Option<SystemTime>,
}

impl FileIdentity {
    /// The file that `path` leads to now.
    #[cfg(unix)]
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(path)?;
        Ok(Self {
            device: found.dev(),
            inode: found.ino(),
            made: found.created().ok(),
        })
    }

    /// The file that `path` leads to now.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let made = fs::metadata(path)?.created().ok();
        Ok(Self { made })
    }

    /// That `path` still leads to this file.
    pub(super) fn check(self, path: &Path) -> Result<(), ComponentError> {
        if Self::of(path).ok() == Some(self) {
            return Ok(());
        }
        let path = path.display();
        Err(ComponentError::stop(format!(
            "`{path}` was removed or replaced while it was written"
        )))
    }
}

/// The same for the same file whenever it is looked at. Without the device, whose number may be another
/// one when the machine was started again.
impl fmt::Display for FileIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self
            .made
            .and_then(|made| made.duration_since(SystemTime::UNIX_EPOCH).ok())
            .unwrap_or_default();
        write!(f, "file")?;
        #[cfg(unix)]
        write!(f, ":{}", self.inode)?;
        write!(f, ":{}", made.as_nanos())
    }
}
