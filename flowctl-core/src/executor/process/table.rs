use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{runtime, task::JoinSet};

use super::entry::Entry;
use crate::{
    ComponentId, RunId,
    executor::{Handle, Instance},
};

type Key = (RunId, ComponentId, u32, u32);

/// The instances that an executor keeps, and the tasks that keep them. They end with it.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Mutex<BTreeMap<Key, Arc<Entry>>>,
    keepers: Mutex<JoinSet<()>>,
    /// Held while an instance is started or taken over, so that this happens once.
    pub(super) starting: Mutex<()>,
}

impl Table {
    pub(super) fn get(&self, handle: &Handle) -> Option<Arc<Entry>> {
        let entry = self.entries().get(&key(handle)).map(Arc::clone);
        entry.filter(|entry| entry.handle == *handle)
    }

    /// The entry of an instance that may have been started.
    pub(super) fn find(&self, instance: &Instance) -> Option<Arc<Entry>> {
        let run = instance.run.id.clone();
        let component = instance.component.id.clone();
        let key = (run, component, instance.index, instance.generation);
        self.entries().get(&key).map(Arc::clone)
    }

    pub(super) fn insert(
        &self,
        entry: Arc<Entry>,
        keeper: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        while keepers.try_join_next().is_some() {}
        self.entries().insert(key(&entry.handle), entry);
        keepers.spawn_on(keeper, &runtime::Handle::current());
    }

    pub(super) fn remove(&self, handle: &Handle) {
        self.entries().remove(&key(handle));
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(handle: &Handle) -> Key {
    (
        handle.run.clone(),
        handle.component.clone(),
        handle.index,
        handle.generation,
    )
}
