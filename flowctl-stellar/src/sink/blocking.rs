use flowctl_core::component::ComponentError;
use tokio::task;

/// Does `work` on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ComponentError> + Send + 'static,
) -> Result<T, ComponentError> {
    task::spawn_blocking(work).await.map_err(|error| {
        ComponentError::stop("the thread that writes has ended").caused_by(error)
    })?
}
