use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    ended::{Alive, Ended},
    watched::Watched,
};
use crate::{
    ComponentId, RunId,
    component::Cancellation,
    executor::{
        Capabilities, Endpoint, Executor, ExecutorError, ExecutorErrorKind, ExitReport, ExitStatus,
        Handle, Instance, Local, Reader, Recovery, RunScope, StopOptions, WorkloadKind,
        local::Objects,
    },
    registry::{Factory, Registry},
};

/// Starts the components of a [`Registry`] as objects in this process.
///
/// The reference for the [contract](crate::executor): read this before writing an executor.
///
/// An instance is the object that its factory makes (`concurrency` many for a processor), and its
/// endpoint is that object, which whoever asks first takes. It has ended when the object is dropped.
/// `stop` cancels the component's context; it cannot take an object away from whoever runs it, so a
/// forced stop only gives up waiting. Nothing outlives the process, so `recover` in another process
/// always answers `Gone`.
pub struct InProcessExecutor {
    registry: Registry,
    instances: Mutex<BTreeMap<Key, Entry>>,
}

type Key = (RunId, ComponentId, u32, u32);

struct Entry {
    handle: Handle,
    local: Local,
    ended: Ended,
    cancellation: Cancellation,
}

const NAME: &str = "native";

impl InProcessExecutor {
    /// An executor for the components of `registry`.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            instances: Mutex::default(),
        }
    }

    fn instances(&self) -> MutexGuard<'_, BTreeMap<Key, Entry>> {
        self.instances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn find<T>(
        &self,
        handle: &Handle,
        action: &'static str,
        read: impl FnOnce(&Entry) -> T,
    ) -> Result<T, ExecutorError> {
        self.instances().get(&key(handle)).map(read).ok_or_else(|| {
            ExecutorError::new(NAME, action, ExecutorErrorKind::NotFound)
                .of(handle.component.clone())
        })
    }

    fn make(&self, instance: &Instance, alive: &Alive) -> Result<Objects, ExecutorError> {
        let component = &instance.component;
        let error = |kind| ExecutorError::new(NAME, "start", kind).of(component.id.clone());
        let failed = |cause| error(ExecutorErrorKind::Failed).caused_by(cause);
        let unsupported = |field: &str| {
            error(ExecutorErrorKind::Unsupported {
                field: field.to_owned(),
            })
        };

        let name = component.uses.as_deref().ok_or_else(|| {
            unsupported(if component.image.is_some() {
                "image"
            } else {
                "command"
            })
        })?;
        let factory = self
            .registry
            .factory(name)
            .ok_or_else(|| error(ExecutorErrorKind::NotFound))?;
        let context = || instance.context.clone();
        Ok(match factory {
            Factory::Source(make) => {
                let object = make(&component.config, context()).map_err(failed)?;
                Objects::Source(Box::new(Watched::new(object, alive.clone())))
            }
            Factory::Processor(make) => {
                let mut objects: Vec<Box<dyn crate::Processor>> = Vec::new();
                for _ in 0..component.concurrency {
                    let object = make(&component.config, context()).map_err(failed)?;
                    objects.push(Box::new(Watched::new(object, alive.clone())));
                }
                Objects::Processors(objects)
            }
            Factory::Sink(make) => {
                let object = make(&component.config, context()).map_err(failed)?;
                Objects::Sink(Box::new(Watched::new(object, alive.clone())))
            }
        })
    }
}

#[async_trait]
impl Executor for InProcessExecutor {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of([WorkloadKind::Native]).with_fields(["concurrency"])
    }

    async fn open_run(&self, _run: &RunScope) -> Result<(), ExecutorError> {
        Ok(())
    }

    async fn close_run(&self, run: &RunScope) -> Result<(), ExecutorError> {
        let ours = |key: &Key| key.0 == run.id;
        for (_, entry) in self.instances().extract_if(.., |key, _| ours(key)) {
            entry.cancellation.cancel();
            drop(entry.local.take());
        }
        Ok(())
    }

    async fn start(&self, instance: &Instance) -> Result<Handle, ExecutorError> {
        let handle = Handle::new(instance, "");
        let mut instances = self.instances();
        if let Some(entry) = instances.get(&key(&handle)) {
            return if entry.ended.is_over() {
                Err(
                    ExecutorError::new(NAME, "start", ExecutorErrorKind::AlreadyExists)
                        .of(handle.component),
                )
            } else {
                Ok(handle)
            };
        }
        let (alive, ended) = Alive::new();
        let local = Local::new(self.make(instance, &alive)?);
        let cancellation = instance.context.cancellation.clone();
        let entry = Entry {
            handle: handle.clone(),
            local,
            ended,
            cancellation,
        };
        instances.insert(key(&handle), entry);
        Ok(handle)
    }

    async fn recover(&self, handle: &Handle) -> Result<Recovery, ExecutorError> {
        Ok(match self.instances().contains_key(&key(handle)) {
            true => Recovery::Mine,
            false => Recovery::Gone,
        })
    }

    async fn list(&self, run: &RunId) -> Result<Vec<Handle>, ExecutorError> {
        let instances = self.instances();
        Ok(instances
            .values()
            .filter(|entry| entry.handle.run == *run)
            .map(|entry| entry.handle.clone())
            .collect())
    }

    async fn wait(&self, handle: &Handle) -> Result<ExitReport, ExecutorError> {
        let ended = self.find(handle, "wait for", |entry| entry.ended.clone())?;
        Ok(ended.report().await)
    }

    async fn stop(
        &self,
        handle: &Handle,
        options: StopOptions,
    ) -> Result<ExitReport, ExecutorError> {
        let (local, ended, cancellation) = self.find(handle, "stop", |entry| {
            (
                entry.local.clone(),
                entry.ended.clone(),
                entry.cancellation.clone(),
            )
        })?;
        cancellation.cancel();
        // An object that nobody took ends here; one that runs ends when its runner lets go.
        drop(local.take());
        Ok(
            match tokio::time::timeout(options.grace, ended.report()).await {
                Ok(report) => report,
                Err(_) => ExitReport::new(ExitStatus::Unknown).forced(true),
            },
        )
    }

    async fn remove(&self, handle: &Handle) -> Result<(), ExecutorError> {
        let mut instances = self.instances();
        match instances.get(&key(handle)) {
            Some(entry) if !entry.ended.is_over() => {
                Err(ExecutorError::new(NAME, "remove", ExecutorErrorKind::Busy)
                    .of(handle.component.clone()))
            }
            _ => {
                instances.remove(&key(handle));
                Ok(())
            }
        }
    }

    async fn endpoint(
        &self,
        handle: &Handle,
        port: Option<&str>,
        reader: Reader,
    ) -> Result<Endpoint, ExecutorError> {
        let local = self.find(handle, "find", |entry| entry.local.clone())?;
        match (port, reader) {
            (None, Reader::SameProcess) => Ok(Endpoint::Local(local)),
            _ => Err(
                ExecutorError::new(NAME, "find a port of", ExecutorErrorKind::NotFound)
                    .of(handle.component.clone()),
            ),
        }
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

impl fmt::Debug for InProcessExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcessExecutor")
            .field("registry", &self.registry)
            .finish()
    }
}
