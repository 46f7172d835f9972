use flowctl_core::{
    executor::{ExecutorError, ExecutorErrorKind, Instance},
    spec::ImagePolicy,
};

use super::{DockerExecutor, docker_executor::error};
use crate::{
    error::{Call, Unfit, failed, is_absent},
    image::{ImageReference, pull},
};

impl DockerExecutor {
    /// Sees to it that the image is there, as the policy has it.
    pub(super) async fn have_image(&self, instance: &Instance) -> Result<(), ExecutorError> {
        let component = &instance.component;
        let of = |error: ExecutorError| error.of(component.id.clone());
        let Some(image) = component.image.as_deref() else {
            return Err(of(Unfit::new("image", "there is none").at(Call::FindImage)));
        };
        let is_there = match self.engine.docker.inspect_image(image).await {
            Ok(_) => true,
            Err(cause) if is_absent(&cause) => false,
            Err(cause) => return Err(of(failed(Call::FindImage, cause))),
        };
        let is_wanted = match component.image_policy {
            ImagePolicy::Always => true,
            ImagePolicy::Missing => !is_there,
            ImagePolicy::Never if is_there => false,
            ImagePolicy::Never => {
                let error = error(Call::FindImage, ExecutorErrorKind::ImageUnavailable);
                let cause =
                    format!("`{image}` is not there, and `image_policy: never` forbids to pull");
                return Err(of(error.caused_by(cause)));
            }
        };
        if !is_wanted {
            return Ok(());
        }
        let reference: ImageReference = image
            .parse()
            .map_err(|cause| of(Unfit::new("image", format!("{cause}")).at(Call::Pull)))?;
        pull(&self.engine, &reference).await.map_err(of)
    }
}
