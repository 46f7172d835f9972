use bollard::query_parameters::CreateImageOptionsBuilder;
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind};
use futures_util::StreamExt;

use super::{ImageReference, credentials};
use crate::{
    Engine,
    error::{Call, NAME, failed},
};

/// Pulls an image with the credentials of the user's docker configuration. Its progress is traced.
pub(crate) async fn pull(engine: &Engine, reference: &ImageReference) -> Result<(), ExecutorError> {
    let credentials = credentials::find(engine.surroundings(), reference)
        .await
        .map_err(|cause| {
            let kind = ExecutorErrorKind::PermissionDenied;
            ExecutorError::new(NAME, Call::Pull.action(), kind).caused_by(cause)
        })?;
    let options = CreateImageOptionsBuilder::new()
        .from_image(&reference.name())
        .tag(reference.version())
        .build();
    tracing::info!(image = %reference, "pulling");
    let mut progress = engine.docker.create_image(Some(options), None, credentials);
    while let Some(step) = progress.next().await {
        let step = step.map_err(|cause| failed(Call::Pull, cause))?;
        tracing::debug!(
            image = %reference,
            layer = step.id.as_deref(),
            status = step.status.as_deref(),
            "pulling"
        );
    }
    // A stream that was cut off ends like one that is complete: the image decides.
    let found = engine.docker.inspect_image(&reference.to_string()).await;
    found.map(drop).map_err(|cause| failed(Call::Pull, cause))
}
