use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use flowctl_core::component::ComponentError;
use object_store::{
    Error as StoreError, ListResult, ObjectMeta, ObjectStore, ObjectStoreExt,
    local::LocalFileSystem, path::Path,
};
use tokio::task;

use super::{
    LakeSchema, ObjectName,
    manifest::{MANIFEST, Manifest},
    object::{Object, unpack},
    schema::SUFFIXES,
};

/// The largest object that is fetched, compressed: 1 GiB, as in the Go SDK.
const MAX_OBJECT_BYTES: u64 = 1 << 30;

/// The objects of a lake. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct LakeStore {
    url: Arc<str>,
    root: PathBuf,
    objects: Arc<dyn ObjectStore>,
}

/// What a lake holds around a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// Whether there are objects that end before it.
    pub(super) before: bool,
    /// The first ledger of the first object that does not.
    pub(super) from: Option<u32>,
}

impl LakeStore {
    /// The lake at a path or a `file://` URL.
    pub(super) fn open(url: &str) -> Result<Self, ComponentError> {
        let path = match url.split_once("://") {
            None => url,
            Some(("file", path)) => path,
            Some((scheme, _)) => {
                return Err(ComponentError::stop(format!(
                    "a lake at `{scheme}://` cannot be read: expected a path or `file://`"
                )));
            }
        };
        let objects = LocalFileSystem::new_with_prefix(path).map_err(|error| {
            ComponentError::stop(format!("there is no lake at `{url}`")).caused_by(error)
        })?;
        Ok(Self {
            url: url.trim_end_matches('/').into(),
            root: path.into(),
            objects: Arc::new(objects),
        })
    }

    /// What the lake says of itself, if it does.
    pub(super) async fn manifest(&self) -> Result<Option<Manifest>, ComponentError> {
        let Some((bytes, _)) = self.get(MANIFEST).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            ComponentError::stop(format!(
                "`{}` is no manifest of a lake",
                self.name(MANIFEST)
            ))
            .caused_by(error)
        })
    }

    /// The object that holds the ledger `sequence`.
    ///
    /// A lake that is not there at all may come back, and is worth a retry.
    pub(super) async fn fetch(
        &self,
        schema: LakeSchema,
        sequence: u32,
    ) -> Result<Object, ComponentError> {
        let key = schema.key(sequence);
        for suffix in SUFFIXES {
            let key = format!("{key}{suffix}");
            let Some((bytes, version)) = self.get(&key).await? else {
                continue;
            };
            let name = self.name(&key);
            let unpacked = blocking(move || unpack(&name, bytes, schema, sequence)).await?;
            return Ok(match unpacked {
                Ok(ledgers) => Object::Ledgers(ledgers),
                Err(error) => Object::Damaged { error, version },
            });
        }
        let root = self.root.clone();
        if blocking(move || root.is_dir()).await? {
            return Ok(Object::Missing);
        }
        let url = &self.url;
        Err(ComponentError::retry(format!(
            "the lake at `{url}` is not there any more"
        )))
    }

    /// What the lake holds around the ledger, by the names of its objects.
    ///
    /// Lists the root, and folders up to the first that holds an object of the ledger or a later one.
    pub(super) async fn around(&self, sequence: u32) -> Result<Around, ComponentError> {
        let mut around = Around::default();
        let root = self.list(None).await?;
        let mut folders: Vec<_> = root
            .common_prefixes
            .iter()
            .filter_map(|folder| Some((ObjectName::parse(folder.as_ref())?, folder)))
            .collect();
        around.take(&root.objects, sequence);
        folders.sort_unstable_by_key(|(name, _)| name.start);
        for (name, folder) in folders {
            if name.end < sequence {
                around.before = true;
            } else if around.from.is_none() {
                around.take(&self.list(Some(folder)).await?.objects, sequence);
            }
        }
        Ok(around)
    }

    async fn list(&self, folder: Option<&Path>) -> Result<ListResult, ComponentError> {
        let listed = self.objects.list_with_delimiter(folder).await;
        listed.map_err(|error| {
            let name = self.name(folder.map_or("", Path::as_ref));
            ComponentError::retry(format!("failed to list `{name}`")).caused_by(error)
        })
    }

    /// What errors call the object that holds the ledger.
    pub(super) fn object_name(&self, schema: LakeSchema, sequence: u32) -> String {
        self.name(&(schema.key(sequence) + SUFFIXES[0]))
    }

    /// What errors call the object with this key.
    fn name(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }

    async fn get(&self, key: &str) -> Result<Option<(Bytes, ObjectMeta)>, ComponentError> {
        let failed = |error: StoreError| {
            let message = format!("failed to fetch `{}`", self.name(key));
            match error {
                StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
                    ComponentError::stop(message).caused_by(error)
                }
                _ => ComponentError::retry(message).caused_by(error),
            }
        };
        match self.objects.get(&Path::from(key)).await {
            Ok(object) if object.meta.size > MAX_OBJECT_BYTES => {
                Err(ComponentError::stop(format!(
                    "`{}` has {} bytes, more than the limit of {MAX_OBJECT_BYTES}",
                    self.name(key),
                    object.meta.size
                )))
            }
            Ok(object) => {
                let version = object.meta.clone();
                let bytes = object.bytes().await.map_err(failed)?;
                Ok(Some((bytes, version)))
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Around {
    /// Takes these objects in, beside those seen before.
    fn take(&mut self, objects: &[ObjectMeta], sequence: u32) {
        let names = objects
            .iter()
            .filter_map(|object| ObjectName::parse(object.location.as_ref()));
        for name in names {
            if name.end < sequence {
                self.before = true;
            } else {
                self.from = Some(self.from.map_or(name.start, |from| from.min(name.start)));
            }
        }
    }
}

/// Does `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ComponentError> {
    task::spawn_blocking(work).await.map_err(|error| {
        ComponentError::stop("the thread that reads an object has ended").caused_by(error)
    })
}
