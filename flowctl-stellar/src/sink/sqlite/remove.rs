use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::Path,
};

use flowctl_core::component::ComponentError;

use super::database::APPLICATION_ID;
use crate::sink::file_error;

/// Removes a database with its write-ahead log; nothing there is fine. Another program's is refused.
///
/// The log goes first: left behind, it would be read into the next database of that name.
pub(super) fn remove(path: &Path) -> Result<(), ComponentError> {
    let failed = |error| file_error("remove", path, error);
    match is_ours(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(file_error("read", path, error)),
        Ok(true) => {}
        Ok(false) => {
            let shown = path.display();
            return Err(ComponentError::stop(format!(
                "`{shown}` is not a database that flowctl made, so it is not removed"
            ))
            .help("give the sink another path, or remove the file by hand"));
        }
    }
    for suffix in ["-wal", "-shm", ""] {
        let mut name = OsString::from(path);
        name.push(suffix);
        match fs::remove_file(name) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether the file says that it is one of ours, or says nothing at all. Read from its header, so that
/// a damaged database can be removed too.
///
/// SQLite, "Database File Format", 1.3: the magic is at offset 0, the application id at 68, big-endian.
fn is_ours(path: &Path) -> io::Result<bool> {
    let mut header = Vec::new();
    File::open(path)?.take(72).read_to_end(&mut header)?;
    let id = header.get(68..72).and_then(|id| id.try_into().ok());
    let id = id.map(|id| i64::from(u32::from_be_bytes(id)));
    Ok(header.is_empty() || header.starts_with(b"SQLite format 3\0") && id == Some(APPLICATION_ID))
}
