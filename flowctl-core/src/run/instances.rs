//! What a pipeline has started outside this process, as it is stored, so that a later run finds it.

use serde::{Deserialize, Serialize};

use super::{
    error::{RunError, RunErrorKind},
    runner::Parts,
};
use crate::{
    ComponentId, RunId,
    executor::{Executor, ExecutorError, Handle, Instance, Recovery, RunScope, StopOptions},
    store::{Scope, StoreError},
};

/// One instance, from the intent to start it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    run: RunId,
    component: ComponentId,
    index: u32,
    generation: u32,
    executor: String,
    /// The backend's own bytes, once it has answered; before, only the intent is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<Vec<u8>>,
}

/// The instances of one pipeline.
#[derive(Clone, Debug)]
pub(super) struct Instances(Scope);

impl Instances {
    pub(super) fn of(state: &Scope) -> Self {
        Self(state.child("instance/"))
    }

    /// Notes that the instance is about to be started.
    pub(super) async fn intend(&self, executor: &str, instance: &Instance) -> Result<(), RunError> {
        self.write(&Record {
            run: instance.run.id.clone(),
            component: instance.component.id.clone(),
            index: instance.index,
            generation: instance.generation,
            executor: executor.to_owned(),
            token: None,
        })
        .await
    }

    /// Notes that the instance was started.
    pub(super) async fn started(&self, executor: &str, handle: &Handle) -> Result<(), RunError> {
        self.write(&Record {
            run: handle.run.clone(),
            component: handle.component.clone(),
            index: handle.index,
            generation: handle.generation,
            executor: executor.to_owned(),
            token: Some(handle.token.to_vec()),
        })
        .await
    }

    /// Forgets an instance that is gone.
    pub(super) async fn forget(&self, component: &ComponentId, index: u32) -> Result<(), RunError> {
        self.0.remove(&name(component, index)).await.map_err(lost)
    }

    /// Ends what earlier runs left running, and forgets it. Touches nothing that is not provably theirs.
    /// Answers which components were still there.
    pub(super) async fn end_leftovers(
        &self,
        parts: &Parts,
        now: &RunScope,
    ) -> Result<Vec<ComponentId>, RunError> {
        let mut ended = Vec::new();
        let entries = self.0.entries().await.map_err(lost)?;
        let mut runs: Vec<(String, RunId)> = Vec::new();
        for (name, bytes) in entries {
            let record: Record = serde_json::from_slice(&bytes)
                .map_err(|error| lost(StoreError::failed("read an instance", error)))?;
            let leftover = |reason: String| {
                RunError::new(RunErrorKind::Leftover { reason }).of(&record.component)
            };
            let known =
                |executor: &&std::sync::Arc<dyn Executor>| executor.name() == record.executor;
            let Some(executor) = parts.executors.iter().find(known) else {
                let reason = format!("this flowctl has no executor `{}`", record.executor);
                return Err(leftover(reason));
            };
            let unavailable = |error: ExecutorError| {
                RunError::new(RunErrorKind::ExecutorUnavailable)
                    .of(&record.component)
                    .caused_by(error)
            };
            for handle in record.handles(&**executor).await.map_err(unavailable)? {
                match executor.recover(&handle).await.map_err(unavailable)? {
                    Recovery::Mine => {
                        tracing::info!(component = %handle.component, run = %handle.run, "ending what an earlier run left");
                        let stopped = executor.stop(&handle, StopOptions::default()).await;
                        stopped.map_err(unavailable)?;
                        executor.remove(&handle).await.map_err(unavailable)?;
                        ended.push(handle.component);
                    }
                    Recovery::Gone => {}
                    Recovery::CannotTell { reason } => return Err(leftover(reason)),
                }
            }
            self.0.remove(&name).await.map_err(lost)?;
            let run = (record.executor.clone(), record.run.clone());
            if record.run != now.id && !runs.contains(&run) {
                runs.push(run);
            }
        }
        for (name, run) in runs {
            let scope = RunScope::new(now.namespace.clone(), now.pipeline.clone(), run);
            for executor in parts
                .executors
                .iter()
                .filter(|executor| executor.name() == name)
            {
                if let Err(error) = executor.close_run(&scope).await {
                    tracing::warn!(error = %crate::Chain(&error), "an earlier run was not closed");
                }
            }
        }
        Ok(ended)
    }

    async fn write(&self, record: &Record) -> Result<(), RunError> {
        let bytes = serde_json::to_vec(record)
            .map_err(|error| lost(StoreError::failed("write an instance", error)))?;
        let name = name(&record.component, record.index);
        self.0.put(&name, bytes).await.map_err(lost)
    }
}

impl Record {
    /// The handles that it stands for: its own, or, where only the intent is known, what the backend
    /// has of it.
    async fn handles(&self, executor: &dyn Executor) -> Result<Vec<Handle>, ExecutorError> {
        if let Some(token) = &self.token {
            return Ok(vec![Handle {
                run: self.run.clone(),
                component: self.component.clone(),
                index: self.index,
                generation: self.generation,
                token: token.clone().into(),
            }]);
        }
        let mut handles = executor.list(&self.run).await?;
        handles.retain(|handle| handle.component == self.component && handle.index == self.index);
        Ok(handles)
    }
}

fn name(component: &ComponentId, index: u32) -> String {
    format!("{component}/{index}")
}

fn lost(error: StoreError) -> RunError {
    RunError::from_store(RunErrorKind::State, error)
}
