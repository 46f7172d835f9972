use bollard::{
    body_full,
    errors::Error,
    query_parameters::{
        ImportImageOptionsBuilder, ListImagesOptionsBuilder, PushImageOptionsBuilder,
        RemoveImageOptions,
    },
};
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind};
use futures_util::StreamExt;

use super::{ImageError, ImageRecipe, ImageReference, credentials};
use crate::{
    Engine,
    container::label,
    error::{Call, NAME, failed, is_absent},
};

/// The images of an engine, as flowctl makes and moves them.
#[derive(Clone, Debug)]
pub struct Images {
    engine: Engine,
}

/// An image that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuiltImage {
    /// Its name.
    pub reference: String,
    /// Its id, `sha256:…`.
    pub id: String,
    /// Whether the engine did not have it yet, under this name.
    pub is_new: bool,
}

/// An image that the engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalImage {
    /// Its names, with tags; none where others have taken them over.
    pub references: Vec<String>,
    /// Its id, `sha256:…`.
    pub id: String,
    /// The digests by which registries know it, `name@sha256:…`.
    pub digests: Vec<String>,
    /// The program in it, where flowctl built it.
    pub program: Option<String>,
    /// Its size in bytes.
    pub size: u64,
}

impl Images {
    /// The images of `engine`.
    #[must_use]
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Builds an image. What is there already is not loaded again.
    ///
    /// # Errors
    ///
    /// [`ImageError`]; a program for another processor than the engine's is [`ImageError::Program`].
    pub async fn build(&self, recipe: &ImageRecipe) -> Result<BuiltImage, ImageError> {
        let engine = &self.engine.facts().architecture;
        if recipe.architecture() != engine {
            return Err(ImageError::Program {
                program: recipe.reference().to_string(),
                reason: format!(
                    "it is made for {}, and the engine runs {engine}",
                    recipe.architecture()
                ),
            });
        }
        let archive = recipe.archive()?;
        let reference = recipe.reference().to_string();
        let built = |is_new| BuiltImage {
            reference: reference.clone(),
            id: archive.id.clone(),
            is_new,
        };
        if self.id(&reference).await?.as_deref() == Some(&archive.id) {
            return Ok(built(false));
        }
        let options = ImportImageOptionsBuilder::new().build();
        let mut loading = self
            .engine
            .docker
            .import_image(options, body_full(archive.tar), None);
        while let Some(step) = loading.next().await {
            step.map_err(|cause| failed(Call::Load, cause))?;
        }
        // What was loaded is what was meant, or somebody else is writing here.
        match self.id(&reference).await? {
            Some(id) if id == archive.id => Ok(built(true)),
            other => Err(wrong(format!(
                "`{reference}` should be {} and is {other:?}",
                archive.id
            ))),
        }
    }

    /// The id of an image, if the engine has it.
    ///
    /// # Errors
    ///
    /// [`ImageError::Engine`] where the engine cannot be asked.
    pub async fn id(&self, reference: &str) -> Result<Option<String>, ImageError> {
        match self.engine.docker.inspect_image(reference).await {
            Ok(found) => Ok(found.id),
            Err(cause) if is_absent(&cause) => Ok(None),
            Err(cause) => Err(failed(Call::Ask, cause).into()),
        }
    }

    /// The images that flowctl built on this engine or another, by name.
    ///
    /// # Errors
    ///
    /// [`ImageError::Engine`] where the engine cannot be asked.
    pub async fn list(&self) -> Result<Vec<LocalImage>, ImageError> {
        let filters = [("label".to_owned(), vec![label::PROGRAM.to_owned()])].into();
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let listed = self.engine.docker.list_images(Some(options)).await;
        let listed = listed.map_err(|cause| failed(Call::Ask, cause))?;
        let nameless = |name: &String| name.contains("<none>");
        let mut images: Vec<LocalImage> = listed
            .into_iter()
            .map(|mut image| LocalImage {
                references: {
                    image.repo_tags.retain(|name| !nameless(name));
                    image.repo_tags.sort_unstable();
                    image.repo_tags
                },
                digests: {
                    image.repo_digests.retain(|name| !nameless(name));
                    image.repo_digests
                },
                program: image.labels.remove(label::PROGRAM),
                size: u64::try_from(image.size).unwrap_or(0),
                id: image.id,
            })
            .collect();
        images.sort_by(|one, other| one.references.cmp(&other.references));
        Ok(images)
    }

    /// Pushes an image to the registry that its name says, with the credentials of the user's docker
    /// configuration. Answers with the digest that the registry gave it, `sha256:…`.
    ///
    /// # Errors
    ///
    /// [`ImageError`]; a registry that does not let this user is `PermissionDenied` in
    /// [`ImageError::Engine`].
    pub async fn push(&self, reference: &ImageReference) -> Result<String, ImageError> {
        let credentials = credentials::find(self.engine.surroundings(), reference)
            .await
            .map_err(|cause| {
                let kind = ExecutorErrorKind::PermissionDenied;
                ExecutorError::new(NAME, Call::Push.action(), kind).caused_by(cause)
            })?;
        let options = PushImageOptionsBuilder::new()
            .tag(reference.version())
            .build();
        let docker = &self.engine.docker;
        let mut pushing = docker.push_image(&reference.name(), Some(options), credentials);
        while let Some(step) = pushing.next().await {
            let step = step.map_err(|cause| failed(Call::Push, cause))?;
            tracing::debug!(image = %reference, status = step.status.as_deref(), "pushing");
        }
        let found = docker.inspect_image(&reference.to_string()).await;
        let found = found.map_err(|cause| failed(Call::Push, cause))?;
        let digests = found.repo_digests.unwrap_or_default();
        let name = reference.name();
        let short = name
            .trim_start_matches("docker.io/")
            .trim_start_matches("library/");
        digests
            .iter()
            .filter_map(|digest| digest.split_once('@'))
            .find(|(of, _)| *of == name || *of == short)
            .map(|(_, digest)| digest.to_owned())
            .ok_or_else(|| wrong(format!("the registry gave `{reference}` no digest")))
    }

    /// Takes a name away, and the image with it where it has no other. Removing what is not there is
    /// fine.
    ///
    /// # Errors
    ///
    /// [`ImageError::Engine`]; `Failed` while a container needs the image.
    pub async fn remove(&self, reference: &str) -> Result<(), ImageError> {
        let docker = &self.engine.docker;
        let removed = docker.remove_image(reference, None::<RemoveImageOptions>, None);
        match removed.await {
            Err(cause @ Error::DockerResponseServerError { .. }) if is_absent(&cause) => Ok(()),
            Err(cause) => Err(failed(Call::Remove, cause).into()),
            Ok(_) => Ok(()),
        }
    }
}

fn wrong(cause: String) -> ImageError {
    let kind = ExecutorErrorKind::Failed;
    ExecutorError::new(NAME, Call::Load.action(), kind)
        .caused_by(cause)
        .into()
}
