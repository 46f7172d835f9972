use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;

/// A small, crash-safe map from names to bytes.
///
/// # Contract
///
/// * **T1** When `write` answers `Ok`, all its changes outlive a crash of the process and of the
///   machine (where the medium does); when it does not, none or all of them are there.
/// * **T2** A read sees every write that answered before it.
/// * **T3** Names order by their bytes; `scan` gives all entries whose name starts with the prefix,
///   in that order.
/// * **T4** All methods may be called from several tasks at once. A dropped call has happened whole
///   or not at all.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The value under `name`.
    ///
    /// # Errors
    ///
    /// When the medium fails.
    async fn read(&self, name: &str) -> Result<Option<Bytes>, StoreError>;

    /// Applies all changes at once, durably.
    ///
    /// # Errors
    ///
    /// When the medium fails, is full, or is held by another process.
    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError>;

    /// All entries whose name starts with `prefix`.
    ///
    /// # Errors
    ///
    /// When the medium fails.
    async fn scan(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError>;
}

/// One change of a [`Store::write`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Sets the value of a name.
    Put(String, Bytes),
    /// Removes a name; nothing happens if it is not there.
    Remove(String),
}
