use std::{io::Cursor, sync::Arc};

use bytes::Bytes;
use flowctl_core::component::ComponentError;
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path,
};
use tokio::task;

use super::{
    LakeSchema,
    manifest::{MANIFEST, Manifest},
    schema::SUFFIXES,
};
use crate::{
    format::{DEFAULT_MAX_LEDGER_BYTES, LedgerReader, RawLedger},
    ledger,
};

/// The largest object that is fetched, compressed: 1 GiB, as in the Go SDK.
const MAX_OBJECT_BYTES: u64 = 1 << 30;

/// The objects of a lake. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct LakeStore {
    url: Arc<str>,
    objects: Arc<dyn ObjectStore>,
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
            objects: Arc::new(objects),
        })
    }

    /// What the lake says of itself, if it does.
    pub(super) async fn manifest(&self) -> Result<Option<Manifest>, ComponentError> {
        let Some(bytes) = self.get(MANIFEST).await? else {
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

    /// The ledgers in the object that holds `sequence`; `None`: the object is not there.
    pub(super) async fn fetch(
        &self,
        schema: LakeSchema,
        sequence: u32,
    ) -> Result<Option<Vec<RawLedger>>, ComponentError> {
        let key = schema.key(sequence);
        for suffix in SUFFIXES {
            let key = format!("{key}{suffix}");
            let Some(bytes) = self.get(&key).await? else {
                continue;
            };
            let name = self.name(&key);
            let read = task::spawn_blocking(move || read(&name, bytes, schema, sequence));
            return read
                .await
                .map_err(|error| {
                    ComponentError::stop("the thread that reads an object has ended")
                        .caused_by(error)
                })?
                .map(Some);
        }
        Ok(None)
    }

    /// What errors call the object with this key.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, ComponentError> {
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
            Ok(object) => object.bytes().await.map(Some).map_err(failed),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Takes the ledgers out of an object, all of which must be those that its key says. Blocks.
fn read(
    name: &str,
    bytes: Bytes,
    schema: LakeSchema,
    sequence: u32,
) -> Result<Vec<RawLedger>, ComponentError> {
    let damaged = || ComponentError::stop(format!("the object `{name}` is damaged"));
    let reader = LedgerReader::new(name, Box::new(Cursor::new(bytes)), DEFAULT_MAX_LEDGER_BYTES);
    let ledgers = reader
        .and_then(|reader| reader.collect::<Result<Vec<_>, _>>())
        .map_err(|error| damaged().caused_by(error))?;
    for ledger in &ledgers {
        ledger::check(&ledger.bytes).map_err(|error| damaged().caused_by(error))?;
    }
    let expected = schema.batch(sequence);
    let found = ledgers.iter().map(|ledger| ledger.header.sequence);
    // Ledgers 0 and 1 are in no lake, but in the name of its first object.
    if found.clone().eq(expected.clone()) || found.eq((*expected.start()).max(2)..=*expected.end())
    {
        return Ok(ledgers);
    }
    let shown = match (ledgers.first(), ledgers.last()) {
        (Some(first), Some(last)) => {
            format!("{} to {}", first.header.sequence, last.header.sequence)
        }
        _ => "none".to_owned(),
    };
    Err(ComponentError::stop(format!(
        "the object `{name}` should hold the ledgers {} to {}, but holds {shown}",
        expected.start(),
        expected.end()
    )))
}
