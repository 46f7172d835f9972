use std::path::{Path, PathBuf};

use bollard::{
    models::{ContainerCreateBody, ContainerInspectResponse, ImageInspect},
    query_parameters::RemoveContainerOptionsBuilder,
};
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind, Handle, Instance};

use super::{DockerExecutor, docker_executor::error};
use crate::{
    container::{ContainerUser, Folders, Ground, Identity, create_body, verify, writable_binds},
    error::{Call, Unfit, failed, is_absent},
};

impl DockerExecutor {
    pub(super) async fn start_container(
        &self,
        instance: &Instance,
    ) -> Result<Handle, ExecutorError> {
        let docker = &self.engine.docker;
        let wanted = Identity::of(instance);
        let (body, user) = Box::pin(self.body(instance)).await?;
        let (id, is_running) = Box::pin(self.create(&wanted, &body)).await?;
        let handle = Handle::new(instance, id.clone());
        if is_running {
            return Ok(handle);
        }
        let started = async {
            self.hand_over_secrets(instance, &id, &user).await?;
            let started = docker.start_container(&id, None).await;
            started.map_err(|cause| failed(Call::Start, cause))
        };
        if let Err(error) = started.await {
            // What could not be started is not kept: the same start may be tried again.
            self.take_away(&id).await;
            return Err(error);
        }
        Ok(handle)
    }

    /// What the engine is asked for, and as whom the container runs.
    async fn body(
        &self,
        instance: &Instance,
    ) -> Result<(ContainerCreateBody, ContainerUser), ExecutorError> {
        let unfit = |unfit: Unfit| unfit.at(Call::Create);
        let image = self.image(instance).await?;
        let image_user = image
            .config
            .and_then(|config| config.user)
            .unwrap_or_default();
        let network = self.network_of(&instance.run.id).await?;
        let cpu_millis = self.engine.cpu_millis().await?;
        let surroundings = self.engine.surroundings();
        let current = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let is_local = self.engine.host().is_local();
        let real = |path: &Path| is_local.then(|| path.canonicalize().ok()).flatten();
        let ground = Ground {
            network: &network,
            image_user: &image_user,
            cpu_millis,
            folders: Folders {
                home: surroundings.home.as_deref(),
                current: &current,
                real: &real,
            },
        };
        let body = create_body(instance, &ground).map_err(unfit)?;
        let user = ContainerUser::choose(&instance.component.security, &image_user);
        let user = user.map_err(unfit)?;
        if is_local {
            check_binds(&body, &user)?;
        }
        Ok((body, user))
    }

    async fn image(&self, instance: &Instance) -> Result<ImageInspect, ExecutorError> {
        match &instance.component.image {
            Some(image) => {
                let found = self.engine.docker.inspect_image(image).await;
                found.map_err(|cause| failed(Call::FindImage, cause))
            }
            // The body says what it is instead.
            None => Ok(ImageInspect::default()),
        }
    }

    /// What the engine made of the limits. What it could not hold is not started.
    pub(super) async fn verify_limits(
        &self,
        body: &ContainerCreateBody,
        id: &str,
        warnings: &[String],
    ) -> Result<(), ExecutorError> {
        let found = self.engine.docker.inspect_container(id, None).await;
        let verified = match found {
            Ok(ContainerInspectResponse { host_config, .. }) => {
                let asked = body.host_config.clone().unwrap_or_default();
                verify(&asked, &host_config.unwrap_or_default(), warnings)
                    .map_err(|unfit| unfit.at(Call::Create))
            }
            Err(cause) => Err(failed(Call::Create, cause)),
        };
        if verified.is_err() {
            self.take_away(id).await;
        }
        verified
    }

    /// Removes a container that never ran. That it stays is no reason to fail: it is listed.
    pub(super) async fn take_away(&self, id: &str) {
        let options = RemoveContainerOptionsBuilder::new()
            .v(true)
            .force(true)
            .build();
        let removed = self.engine.docker.remove_container(id, Some(options)).await;
        if let Err(cause) = removed
            && !is_absent(&cause)
        {
            tracing::warn!(container = id, error = %cause, "a container that did not start is left");
        }
    }
}

/// Folders of this machine that the container is to write to have to be there and let it.
fn check_binds(body: &ContainerCreateBody, user: &ContainerUser) -> Result<(), ExecutorError> {
    use std::os::unix::fs::MetadataExt;

    let mounts = body
        .host_config
        .as_ref()
        .and_then(|config| config.mounts.as_deref());
    for folder in writable_binds(mounts.unwrap_or_default()) {
        let (Ok(found), Some((uid, gid))) = (folder.metadata(), user.numbers()) else {
            continue;
        };
        let bit = match () {
            () if uid == 0 => continue,
            () if found.uid() == uid => 0o200,
            () if found.gid() == gid => 0o020,
            () => 0o002,
        };
        if found.mode() & bit == 0 {
            let cause = format!(
                "the user {uid} of the container cannot write to `{}`, which belongs to {}: give it \
                 to that user, say `readonly: true`, or set `security.user`",
                folder.display(),
                found.uid()
            );
            let kind = ExecutorErrorKind::PermissionDenied;
            return Err(error(Call::Create, kind).caused_by(cause));
        }
    }
    Ok(())
}
