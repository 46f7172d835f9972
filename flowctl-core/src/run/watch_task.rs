use std::sync::Arc;

use super::{
    asker::{Asker, how},
    counters::Counters,
    error::{RunError, RunErrorKind},
    events::Teller,
    readiness::Question,
    status::ComponentState,
    wiring,
};
use crate::{component::Cancellation, executor::ExitStatus, spec::RestartPolicy};

/// Watches one component that runs outside this process until it ends.
pub(super) struct WatchTask {
    pub(super) asker: Asker,
    /// What must go on to pass, if anything.
    pub(super) live: Option<Question>,
    pub(super) counters: Arc<Counters>,
    pub(super) teller: Teller,
    /// Given once the run ends: from then on any end is a good one.
    pub(super) stop: Cancellation,
    /// Whether flowctl carries records for it: then the task that does so tells how it is.
    pub(super) carried: bool,
}

impl WatchTask {
    /// `Ok` when it came to a good end.
    pub(super) async fn run(self) -> Result<(), RunError> {
        let started = &self.asker.started;
        let id = &started.handle.component;
        let dead = async {
            match &self.live {
                Some(question) => self.asker.until_failed(question).await,
                None => std::future::pending().await,
            }
        };
        let error = tokio::select! {
            report = started.executor.wait(&started.handle) => {
                let report = report.map_err(|error| {
                    RunError::new(RunErrorKind::Failed).of(id).caused_by(error)
                })?;
                let again = started.component.restart.policy == RestartPolicy::Always
                    && !self.stop.is_cancelled();
                if report.status == ExitStatus::Code(0) && !again {
                    if !self.carried {
                        wiring::enter(&self.counters, &self.teller, ComponentState::Finished);
                    }
                    return Ok(());
                }
                if self.stop.is_cancelled() {
                    tracing::info!(component = %id, how = how(&report), "ended while the run ends");
                    return Ok(());
                }
                RunError::new(RunErrorKind::Ended { how: how(&report) })
            }
            // Who drains may well not answer any more.
            last = dead => match self.stop.is_cancelled() {
                true => return Ok(()),
                false => RunError::new(RunErrorKind::NotAlive).caused_by(last),
            },
        };
        Err(error.of(id).with_last_lines(self.asker.last_lines().await))
    }
}
