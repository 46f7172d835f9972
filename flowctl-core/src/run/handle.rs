use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::{sync::watch, task::JoinHandle};

use super::{
    counters::Counters,
    events::{RunEvents, Teller},
    report::{Outcome, RunReport},
    status::{ComponentStatus, RunStatus},
    wiring,
};
use crate::{
    Namespace,
    control::{ControlPlane, MetricValue},
    executor::RunScope,
    store::Scope,
};

/// A run that goes on. Dropping it asks the run to stop and does not wait.
#[must_use = "dropping the handle asks the run to stop"]
pub struct RunHandle {
    control: RunControl,
    /// What happened since the start, until somebody asks for it.
    told: Mutex<Option<RunEvents>>,
    engine: JoinHandle<RunReport>,
}

/// Shows a run and stops it; cheap to clone. It does not keep the run alive.
#[derive(Clone)]
pub struct RunControl {
    shared: Arc<Shared>,
    stop: watch::Sender<Option<Duration>>,
}

/// What everybody who looks at a run shares.
pub(super) struct Shared {
    pub(super) scope: RunScope,
    /// The corner of the store that is the pipeline's own.
    pub(super) state: Scope,
    pub(super) started: SystemTime,
    pub(super) clock: Instant,
    pub(super) counters: Vec<Arc<Counters>>,
    pub(super) control_plane: Option<Arc<dyn ControlPlane>>,
    pub(super) teller: Teller,
}

impl Shared {
    pub(super) fn status(&self) -> RunStatus {
        RunStatus {
            pipeline: self.scope.pipeline.clone(),
            run: self.scope.id.clone(),
            started: self.started,
            elapsed: self.clock.elapsed(),
            components: self
                .counters
                .iter()
                .map(|counters| self.reported(counters.status()))
                .collect(),
        }
    }

    /// The same status with what the component reports by itself.
    fn reported(&self, mut status: ComponentStatus) -> ComponentStatus {
        let Some(program) = &mut status.program else {
            return status;
        };
        let roster = self.control_plane.as_ref().map(|control| control.roster());
        if let Some(member) = roster.and_then(|roster| roster.member_of(&status.id)) {
            program.reported = numbers(&member.metrics);
            program.health = Some((member.health, member.reason));
        } else if let Some(roster) = roster {
            program.reported = numbers(&roster.left_with(&status.id));
        }
        if !program.carried {
            status.events_in = program.count("events_in").unwrap_or(status.events_in);
            status.events_out = program.count("events_out").unwrap_or(status.events_out);
            if let Some(position) = program.count("position") {
                status.positions.insert(status.id.clone(), position);
            }
        }
        status
    }
}

/// The measurements that are numbers.
fn numbers(metrics: &BTreeMap<String, MetricValue>) -> BTreeMap<String, f64> {
    let numbers = metrics.iter();
    let numbers = numbers.filter_map(|(name, value)| Some((name.clone(), value.as_number()?)));
    numbers.collect()
}

impl RunControl {
    pub(super) const fn new(shared: Arc<Shared>, stop: watch::Sender<Option<Duration>>) -> Self {
        Self { shared, stop }
    }

    /// The run at this moment.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        self.shared.status()
    }

    /// The pipeline's namespace.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.shared.scope.namespace
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> RunEvents {
        self.shared.teller.listen()
    }

    /// Asks the run to stop: sources stand still, what is in flight is delivered, and whatever has not
    /// ended after `grace` is ended by force. A later call with less grace makes it more urgent.
    pub fn stop(&self, grace: Duration) {
        self.stop
            .send_modify(|asked| *asked = Some(asked.map_or(grace, |asked| asked.min(grace))));
    }
}

impl RunHandle {
    pub(super) const fn new(
        control: RunControl,
        told: RunEvents,
        engine: JoinHandle<RunReport>,
    ) -> Self {
        let told = Mutex::new(Some(told));
        Self {
            control,
            told,
            engine,
        }
    }

    /// A way to look at the run and to stop it from elsewhere.
    #[must_use]
    pub fn control(&self) -> RunControl {
        self.control.clone()
    }

    /// The run at this moment.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        self.control.status()
    }

    /// What happens: for the first who asks from the start of the run on, for others from now on.
    #[must_use]
    pub fn events(&self) -> RunEvents {
        let told = self
            .told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        told.unwrap_or_else(|| self.control.events())
    }

    /// Asks the run to stop; as [`RunControl::stop`].
    pub fn stop(&self, grace: Duration) {
        self.control.stop(grace);
    }

    /// Waits for the end. A wait that is dropped asks the run to stop.
    pub async fn wait(mut self) -> RunReport {
        match (&mut self.engine).await {
            Ok(report) => report,
            // The engine catches panics of components, so this is a fault of ours; it is told, not
            // passed on.
            Err(error) => RunReport {
                outcome: Outcome::Failed,
                error: Some(wiring::panicked_engine(error)),
                forced: Vec::new(),
                status: self.control.status(),
            },
        }
    }
}

impl Drop for RunHandle {
    fn drop(&mut self) {
        self.control.stop(Duration::MAX);
    }
}

impl fmt::Debug for RunControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunControl")
            .field("run", &self.shared.scope.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle")
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}
