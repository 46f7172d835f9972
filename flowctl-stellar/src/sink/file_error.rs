use std::{
    io::{self, ErrorKind},
    path::Path,
};

use flowctl_core::component::ComponentError;

/// The error of a sink whose file `path` could not be used to `action` (a verb phrase).
///
/// A full disk and what passes by itself is worth a retry; a missing folder, a missing permission and
/// a read-only file system are not, since nothing the sink does will change them.
pub(super) fn file_error(action: &str, path: &Path, error: io::Error) -> ComponentError {
    let message = format!("failed to {action} `{}`", path.display());
    let kind = error.kind();
    let (new, help): (fn(String) -> ComponentError, _) = match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => (
            ComponentError::retry,
            Some("make room on the disk; nothing of the failed write counts"),
        ),
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::ResourceBusy => {
            (ComponentError::retry, None)
        }
        ErrorKind::NotFound => (ComponentError::stop, Some("a folder or file was removed")),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => (
            ComponentError::stop,
            Some("flowctl needs the permission to write there"),
        ),
        _ => (ComponentError::new, None),
    };
    let error = new(message).caused_by(error);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_worth_a_retry_and_a_missing_folder_is_not() {
        let error = |kind: ErrorKind| file_error("append to", Path::new("x"), kind.into());
        assert!(error(ErrorKind::StorageFull).is_transient());
        assert!(!error(ErrorKind::NotFound).is_transient());
        assert_eq!(
            error(ErrorKind::NotFound).to_string(),
            "failed to append to `x`"
        );
    }
}
