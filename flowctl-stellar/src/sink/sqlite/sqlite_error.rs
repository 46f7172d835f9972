use std::path::Path;

use flowctl_core::component::ComponentError;
use rusqlite::ErrorCode;

/// The error of a database `path` that could not be used to `action` (a verb phrase).
///
/// As for files: what may pass by itself is worth a retry, and the transaction that failed was undone.
pub(super) fn sqlite_error(action: &str, path: &Path, error: rusqlite::Error) -> ComponentError {
    let message = format!("failed to {action} `{}`", path.display());
    let (new, help): (fn(String) -> ComponentError, _) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            ComponentError::retry,
            Some("make room on the disk; nothing of the failed write counts"),
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ComponentError::retry,
            Some("another process holds the database; end its transaction"),
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
            ComponentError::stop,
            Some("the folder must be there, and flowctl needs the permission to write in it"),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            ComponentError::stop,
            Some("restore the database, or delete it to have it written again from the start"),
        ),
        _ => (ComponentError::new, None),
    };
    let error = new(message).caused_by(error);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}
