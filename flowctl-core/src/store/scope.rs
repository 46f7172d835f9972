use std::sync::Arc;

use bytes::Bytes;

use super::{Change, MemoryStore, Store, StoreError};

/// One corner of a [`Store`]: names under a prefix that nobody else uses.
#[derive(Clone, Debug)]
pub struct Scope {
    store: Arc<dyn Store>,
    prefix: Arc<str>,
}

impl Scope {
    /// The names of `store` that start with `prefix`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, prefix: &str) -> Self {
        Self {
            store,
            prefix: prefix.into(),
        }
    }

    /// A corner of this corner.
    #[must_use]
    pub fn child(&self, prefix: &str) -> Self {
        Self::new(Arc::clone(&self.store), &self.full(prefix))
    }

    /// A corner of a new store in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(Arc::new(MemoryStore::new()), "")
    }

    /// The value under `name`.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub async fn read(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        self.store.read(&self.full(name)).await
    }

    /// Sets the value of `name`, durably.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub async fn put(&self, name: &str, value: impl Into<Bytes>) -> Result<(), StoreError> {
        self.store
            .write(vec![Change::Put(self.full(name), value.into())])
            .await
    }

    /// Removes `name`, durably.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub async fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.store
            .write(vec![Change::Remove(self.full(name))])
            .await
    }

    /// Removes everything in this corner, at once and durably.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`] and [`Store::write`].
    pub async fn clear(&self) -> Result<(), StoreError> {
        self.clear_but(|_| false).await
    }

    /// The same, without the names within this corner that are to be kept.
    pub(crate) async fn clear_but(&self, keep: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        let entries = self.store.scan(&self.prefix).await?.into_iter();
        let is_kept = |name: &str| name.strip_prefix(&*self.prefix).is_some_and(&keep);
        let removed = entries.filter(|(name, _)| !is_kept(name));
        let removed = removed.map(|(name, _)| Change::Remove(name));
        self.store.write(removed.collect()).await
    }

    /// All entries, by name within this corner.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`].
    pub async fn entries(&self) -> Result<Vec<(String, Bytes)>, StoreError> {
        let found = self.store.scan(&self.prefix).await?;
        Ok(found
            .into_iter()
            .filter_map(|(name, value)| {
                name.strip_prefix(&*self.prefix)
                    .map(|name| (name.to_owned(), value))
            })
            .collect())
    }

    /// Applies changes of [`full`](Self::full) names at once.
    pub(crate) async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.store.write(changes).await
    }

    pub(crate) fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}
