use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// A path in a folder that is short enough for a Unix socket (108 bytes on Linux, 104 elsewhere, with the
/// zero at the end), however long the folder's own is.
#[derive(Debug)]
pub(super) struct SocketPath {
    path: PathBuf,
    /// The folder, open as long as the path stands for it.
    _folder: Option<File>,
}

/// The longest path that is used as it is.
const LONGEST: usize = 100;

impl SocketPath {
    pub(super) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.join(name);
        if path.as_os_str().len() <= LONGEST {
            return Ok(Self {
                path,
                _folder: None,
            });
        }
        through_descriptor(folder, name)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(target_os = "linux")]
fn through_descriptor(folder: &Path, name: &str) -> io::Result<SocketPath> {
    use std::os::fd::AsRawFd as _;

    let folder = File::open(folder)?;
    Ok(SocketPath {
        path: PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd())),
        _folder: Some(folder),
    })
}

#[cfg(not(target_os = "linux"))]
fn through_descriptor(folder: &Path, name: &str) -> io::Result<SocketPath> {
    let path = folder.join(name);
    let message = format!("`{}` is too long for a socket", path.display());
    Err(io::Error::new(io::ErrorKind::InvalidFilename, message))
}
