use bollard::{
    errors::Error,
    query_parameters::{DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder},
};
use bytes::Bytes;
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind, Instance};
use futures_util::TryStreamExt;

use super::{DockerExecutor, docker_executor::error};
use crate::{
    container::{ContainerUser, SecretFiles},
    error::{Call, Unfit, failed},
};

impl DockerExecutor {
    /// Writes the secrets of an instance into its container, which has not run yet.
    pub(super) async fn hand_over_secrets(
        &self,
        instance: &Instance,
        id: &str,
        user: &ContainerUser,
    ) -> Result<(), ExecutorError> {
        let component = instance.component.clone();
        if component.secrets.is_empty() {
            return Ok(());
        }
        let unreadable = |cause: Box<dyn std::error::Error + Send + Sync>| {
            error(Call::Upload, ExecutorErrorKind::Failed).caused_by(cause)
        };
        let files = tokio::task::spawn_blocking(move || SecretFiles::read(&component))
            .await
            .map_err(|cause| unreadable(cause.into()))?
            .map_err(|cause| unreadable(cause.into()))?;
        if files.is_empty() {
            return Ok(());
        }
        let numbers = self.numbers(id, user).await?;
        let archives = files
            .archives(numbers)
            .map_err(|cause| unreadable(cause.into()))?;
        for (folder, archive) in archives {
            let options = UploadToContainerOptionsBuilder::new()
                .path(&folder.to_string_lossy())
                .build();
            let body = bollard::body_full(Bytes::from(archive));
            let uploaded = self
                .engine
                .docker
                .upload_to_container(id, Some(options), body);
            uploaded
                .await
                .map_err(|cause| failed(Call::Upload, cause))?;
        }
        Ok(())
    }

    /// The numbers of the container's user: from its name, where needed, by the image's own list.
    async fn numbers(&self, id: &str, user: &ContainerUser) -> Result<(u32, u32), ExecutorError> {
        if let Some(numbers) = user.numbers() {
            return Ok(numbers);
        }
        let passwd = self.passwd(id).await.unwrap_or_default();
        user.look_up(&passwd).ok_or_else(|| {
            let reason = format!(
                "the image does not say which number `{}` has",
                user.as_str()
            );
            Unfit::new("security.user", reason).at(Call::Upload)
        })
    }

    async fn passwd(&self, id: &str) -> Result<String, Error> {
        let options = DownloadFromContainerOptionsBuilder::new()
            .path("/etc/passwd")
            .build();
        let archive = self
            .engine
            .docker
            .download_from_container(id, Some(options));
        let archive: Vec<u8> = archive
            .try_fold(Vec::new(), |mut all, bytes| async move {
                all.extend_from_slice(&bytes);
                Ok(all)
            })
            .await?;
        let mut text = String::new();
        for entry in tar::Archive::new(&archive[..]).entries()? {
            std::io::Read::read_to_string(&mut entry?, &mut text)?;
        }
        Ok(text)
    }
}
