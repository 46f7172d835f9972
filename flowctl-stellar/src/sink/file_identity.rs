use std::{fs, io, path::Path};

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
        })
    }

    /// The file that `path` leads to now.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|_| Self {})
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
