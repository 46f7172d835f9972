use std::{collections::BTreeMap, time::Duration};

use flowctl_core::run::{ComponentStatus, RunStatus};
use flowctl_grpc::proto::admin::{Component, StatusResponse};

/// A run at one moment, whether this process or another one runs it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) pipeline: String,
    pub(crate) run: String,
    pub(crate) elapsed: Duration,
    pub(crate) components: Vec<ComponentSample>,
}

/// One component at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComponentSample {
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) state: String,
    pub(crate) generation: u32,
    /// Not known of a program that streams by itself and does not tell.
    pub(crate) events_in: Option<u64>,
    pub(crate) events_out: Option<u64>,
    pub(crate) positions: BTreeMap<String, u64>,
    /// How far a source is behind its origin.
    pub(crate) lag: Option<u64>,
    pub(crate) durable: Option<u64>,
    pub(crate) retries: u64,
    pub(crate) dropped: BTreeMap<String, u64>,
    pub(crate) dead_letters: u64,
    pub(crate) warnings: BTreeMap<String, u64>,
    pub(crate) queued: (u64, u64),
    /// What runs it, where it is known to run outside the process of the run.
    pub(crate) executor: Option<String>,
    /// It streams to others by itself: flowctl carries nothing of it.
    pub(crate) by_itself: bool,
    /// Its ports by name, `host:port`.
    pub(crate) addresses: BTreeMap<String, String>,
    /// Its health as it registered, and why.
    pub(crate) health: Option<(String, String)>,
}

impl Sample {
    /// The component with this id.
    pub(crate) fn component(&self, id: &str) -> Option<&ComponentSample> {
        self.components.iter().find(|component| component.id == id)
    }
}

impl From<&RunStatus> for Sample {
    fn from(status: &RunStatus) -> Self {
        Self {
            pipeline: status.pipeline.to_string(),
            run: status.run.to_string(),
            elapsed: status.elapsed,
            components: status.components.iter().map(Into::into).collect(),
        }
    }
}

impl From<&ComponentStatus> for ComponentSample {
    fn from(status: &ComponentStatus) -> Self {
        let program = status.program.as_ref();
        let counted = |name: &str, count: u64| {
            let unknown = program.is_some_and(|one| !one.carried && one.count(name).is_none());
            (!unknown).then_some(count)
        };
        Self {
            id: status.id.to_string(),
            role: status.role.as_str().to_owned(),
            state: status.state.as_str().to_owned(),
            generation: status.generation,
            events_in: counted("events_in", status.events_in),
            events_out: counted("events_out", status.events_out),
            positions: texts(&status.positions),
            lag: status.lag(),
            durable: status.durable,
            retries: status.retries,
            dropped: texts(&status.dropped),
            dead_letters: status.dead_letters,
            warnings: texts(&status.warnings),
            queued: status.queued,
            executor: program.map(|program| program.executor.clone()),
            by_itself: program.is_some_and(|program| !program.carried),
            addresses: program.map_or_else(BTreeMap::new, |program| program.addresses.clone()),
            health: program.and_then(|program| {
                let (health, reason) = program.health.as_ref()?;
                Some((health.as_str().to_owned(), reason.clone()))
            }),
        }
    }
}

impl From<&StatusResponse> for Sample {
    fn from(status: &StatusResponse) -> Self {
        let elapsed = status.elapsed.and_then(|elapsed| elapsed.try_into().ok());
        Self {
            pipeline: status.pipeline.clone(),
            run: status.run.clone(),
            elapsed: elapsed.unwrap_or_default(),
            components: status.components.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Component> for ComponentSample {
    fn from(component: &Component) -> Self {
        let instances = component.instances.iter();
        let health = component.health.as_ref();
        Self {
            id: component.id.clone(),
            role: component.role.clone(),
            state: component.state.clone(),
            generation: component.generation,
            events_in: component.events_in,
            events_out: component.events_out,
            positions: component.positions.clone(),
            lag: component.lag,
            durable: component.durable,
            retries: component.retries,
            dropped: component.dropped.clone(),
            dead_letters: component.dead_letters,
            warnings: component.warnings.clone(),
            queued: (component.queued_events, component.queued_bytes),
            executor: Some(component.executor.clone())
                .filter(|executor| !executor.is_empty() && executor != IN_PROCESS),
            by_itself: component.batches.is_none(),
            addresses: instances.flat_map(|one| one.ports.clone()).collect(),
            health: health.map(|health| (health.verdict.clone(), health.reason.clone())),
        }
    }
}

/// The name of the executor of core that starts components in the process itself.
pub(crate) const IN_PROCESS: &str = "native";

fn texts<K: ToString>(counts: &BTreeMap<K, u64>) -> BTreeMap<String, u64> {
    let counts = counts.iter();
    counts
        .map(|(name, count)| (name.to_string(), *count))
        .collect()
}
