use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bollard::{
    Docker,
    errors::Error,
    models::{ContainerCreateBody, ContainerInspectResponse, ImageInspect},
    query_parameters::{
        CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder,
        RenameContainerOptionsBuilder, UploadToContainerOptionsBuilder,
    },
};
use bytes::Bytes;
use flowctl_core::{
    executor::{ExecutorError, ExecutorErrorKind, Handle, Instance, StopOptions},
    spec::ImagePolicy,
};
use futures_util::TryStreamExt;

use super::{DockerExecutor, Outage, docker_executor::identity};
use crate::{
    container::{
        ContainerUser, Folders, Ground, Identity, Phase, SecretFiles, create_body, phase, verify,
        writable_binds,
    },
    error::{Call, NAME, Unfit, failed, is_absent, is_conflict},
    image::{ImageReference, pull},
};

/// How long the name of a container is waited for. The engine holds it from the moment at which it begins
/// to make a container; for whom is known only once that is made.
const NAMED_WITHIN: Duration = Duration::from_secs(10);

/// What has the name that a container is to have.
enum Holder {
    /// The instance itself, ready to be started or running.
    Itself { id: String, is_running: bool },
    /// It was taken out of the way.
    Cleared,
    /// Nobody who is known, yet or any more.
    Unknown,
}

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
                let kind = ExecutorErrorKind::ImageUnavailable;
                let error = ExecutorError::new(NAME, Call::FindImage.action(), kind);
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

    pub(super) async fn start_container(
        &self,
        instance: &Instance,
    ) -> Result<Handle, ExecutorError> {
        let docker = &self.engine.docker;
        let wanted = Identity::of(instance);
        let (body, user) = self.body(instance).await?;
        let (id, is_running) = self.create(&wanted, &body).await?;
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

    /// Makes the container, or finds it made: its id, and whether it runs.
    async fn create(
        &self,
        wanted: &Identity,
        body: &ContainerCreateBody,
    ) -> Result<(String, bool), ExecutorError> {
        let docker = &self.engine.docker;
        let name = wanted.container_name();
        let mut patience = Outage::new(NAMED_WITHIN);
        loop {
            let options = CreateContainerOptionsBuilder::new().name(&name).build();
            match docker.create_container(Some(options), body.clone()).await {
                Ok(created) => {
                    self.verify_limits(body, &created.id, &created.warnings)
                        .await?;
                    return Ok((created.id, false));
                }
                Err(cause) if is_conflict(&cause) => match self.clear(&name, wanted).await? {
                    Holder::Itself { id, is_running } => return Ok((id, is_running)),
                    Holder::Cleared => {}
                    Holder::Unknown if patience.endure().await => {}
                    Holder::Unknown => return Err(failed(Call::Create, cause)),
                },
                Err(cause) => return Err(failed(Call::Create, cause)),
            }
        }
    }

    /// Looks who has the name, and takes what is left of earlier starts out of the way.
    async fn clear(&self, name: &str, wanted: &Identity) -> Result<Holder, ExecutorError> {
        let docker = &self.engine.docker;
        let found = match docker.inspect_container(name, None).await {
            Ok(found) => found,
            Err(cause) if is_absent(&cause) => return Ok(Holder::Unknown),
            Err(cause) => return Err(failed(Call::Create, cause)),
        };
        let id = found.id.clone().unwrap_or_default();
        let at = phase(found.state.as_ref());
        match identity(&found) {
            _ if at == Phase::Removing => {
                self.wait_until_removed(&id).await;
                Ok(Holder::Unknown)
            }
            Some(holder) if holder.is_same_place(wanted) => {
                self.clear_same_place(docker, id, at, &holder, wanted).await
            }
            Some(holder) if holder.is_successor(wanted) => {
                tracing::info!(
                    container = name,
                    run = %holder.run,
                    "replacing what an earlier run left"
                );
                self.end_and_remove(&id).await?;
                // Its run is over: nothing else needs its network, unless it still has containers.
                drop(self.remove_networks_of(&holder.run).await);
                Ok(Holder::Cleared)
            }
            holder => {
                let whose = holder.map_or_else(
                    || "not flowctl's".to_owned(),
                    |h| {
                        format!(
                            "the component `{}` of the pipeline `{}`",
                            h.component, h.pipeline
                        )
                    },
                );
                let cause = format!(
                    "the container name `{name}` is taken by {} ({whose}): remove or rename that one",
                    &id[..id.len().min(12)]
                );
                Err(error(Call::Create, ExecutorErrorKind::Failed).caused_by(cause))
            }
        }
    }

    async fn clear_same_place(
        &self,
        docker: &Docker,
        id: String,
        at: Phase,
        holder: &Identity,
        wanted: &Identity,
    ) -> Result<Holder, ExecutorError> {
        if holder.generation == wanted.generation {
            return match at {
                Phase::Created | Phase::Running => Ok(Holder::Itself {
                    id,
                    is_running: at == Phase::Running,
                }),
                Phase::Ended | Phase::Removing => {
                    Err(error(Call::Start, ExecutorErrorKind::AlreadyExists))
                }
            };
        }
        if holder.generation > wanted.generation {
            let cause = format!("generation {} was started since", holder.generation);
            return Err(error(Call::Start, ExecutorErrorKind::AlreadyExists).caused_by(cause));
        }
        match at {
            Phase::Running => {
                let cause = format!("generation {} still runs", holder.generation);
                Err(error(Call::Start, ExecutorErrorKind::Busy).caused_by(cause))
            }
            // It never ran, and nobody has a handle of it.
            Phase::Created => {
                self.take_away(&id).await;
                Ok(Holder::Unknown)
            }
            // It is listed until it is removed; only the name passes on.
            Phase::Ended | Phase::Removing => {
                let options = RenameContainerOptionsBuilder::new()
                    .name(&holder.former_name())
                    .build();
                match docker.rename_container(&id, options).await {
                    Err(cause) if !is_absent(&cause) => Err(failed(Call::Create, cause)),
                    _ => Ok(Holder::Cleared),
                }
            }
        }
    }

    async fn end_and_remove(&self, id: &str) -> Result<(), ExecutorError> {
        let found = self.engine.docker.inspect_container(id, None).await;
        match found {
            Ok(found) => self.end(&found).await?,
            Err(cause) if is_absent(&cause) => return Ok(()),
            Err(cause) => return Err(failed(Call::Stop, cause)),
        }
        self.remove_ended(id, Call::Remove).await
    }

    /// What the engine made of the limits. What it could not hold is not started.
    async fn verify_limits(
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
    async fn take_away(&self, id: &str) {
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

    async fn hand_over_secrets(
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
        let options = bollard::query_parameters::DownloadFromContainerOptionsBuilder::new()
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

fn error(call: Call, kind: ExecutorErrorKind) -> ExecutorError {
    ExecutorError::new(NAME, call.action(), kind)
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

/// How what an earlier run left is ended: as its own spec had it.
pub(super) fn as_its_spec_has_it(found: &ContainerInspectResponse) -> StopOptions {
    let config = found.config.as_ref();
    let mut options = StopOptions::default();
    if let Some(seconds) = config.and_then(|config| config.stop_timeout)
        && let Ok(seconds) = u64::try_from(seconds)
    {
        options.grace = Duration::from_secs(seconds);
    }
    if let Some(signal) = config.and_then(|config| config.stop_signal.clone()) {
        options.signal = signal;
    }
    options
}
