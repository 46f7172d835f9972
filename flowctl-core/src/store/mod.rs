//! Where a pipeline keeps what must outlive the process: the [`Store`] trait and its two
//! implementations, [`MemoryStore`] and, behind feature `file-store`, [`FileStore`].
//!
//! A store is a small map from names to bytes with one promise: a [`write`](Store::write) that
//! answered is there after a crash, whole or not at all. What the runner keeps in it (checkpoints,
//! fingerprints, the last run) is its own business; a component sees its own [`Scope`] only.

mod error;
#[cfg(feature = "file-store")]
mod file;
mod memory;
mod scope;
mod traits;

#[cfg(feature = "file-store")]
pub use self::file::FileStore;
pub use self::{
    error::StoreError,
    memory::MemoryStore,
    scope::Scope,
    traits::{Change, Store},
};
