use std::time::Duration;

use crate::error::CliError;

/// Does something that waits, on a runtime of its own.
///
/// # Errors
///
/// When the operating system refuses threads, and what `future` ends with.
pub(crate) fn block_on<T>(
    future: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::NoRuntime)?;
    let value = runtime.block_on(future);
    // A component that blocks a thread for ever must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    value
}
