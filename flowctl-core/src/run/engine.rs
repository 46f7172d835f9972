//! Drives the generations of a run until it is over.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    error::{RunError, RunErrorKind},
    events::RunEventKind,
    generation::{Generation, Tasks},
    handle::Shared,
    layout::Layout,
    report::{Outcome, RunReport},
    runner::Parts,
    status::ComponentState,
    step::{backoff, jitter},
    wiring,
};
use crate::{
    Chain, ComponentId,
    component::Cancellation,
    spec::{Restart, RestartPolicy},
};

/// The one task that owns a run.
pub(super) struct Engine {
    pub(super) parts: Parts,
    pub(super) layout: Layout,
    pub(super) shared: Arc<Shared>,
    /// Set once the run was asked to stop, to the grace it is given.
    pub(super) stop: watch::Receiver<Option<Duration>>,
    /// The grace after a failure, in which the rest of the pipeline finishes what it has.
    pub(super) grace: Duration,
}

/// How long a task that is ended by force may take to let go. One that blocks its thread never does,
/// and is left behind so that the run can be reported.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(1);

/// How one generation ended.
#[derive(Default)]
struct Finish {
    error: Option<RunError>,
    stopped: bool,
    forced: Vec<ComponentId>,
}

impl Engine {
    pub(super) async fn run(mut self) -> RunReport {
        let mut restarts = VecDeque::new();
        let mut number = 0;
        let finish = loop {
            number += 1;
            let began = Instant::now();
            let finish = self.generation(number).await;
            let Some(pause) = self.restart(number, &finish, began, &mut restarts) else {
                break finish;
            };
            self.tell_failure(&finish);
            self.enter_all(&ComponentState::BackingOff);
            if self.stopped_within(pause).await {
                // The failure was told already; the report has it all the same.
                self.parts.close_run(&self.shared.scope).await;
                return self.report(finish, true);
            }
            self.shared.teller.tell(RunEventKind::Restarting {
                generation: number + 1,
            });
        };
        self.parts.close_run(&self.shared.scope).await;
        self.report(finish, false)
    }

    async fn generation(&mut self, number: u32) -> Finish {
        let stop = Cancellation::new();
        let shared = Arc::clone(&self.shared);
        let (parts, layout) = (self.parts.clone(), self.layout.clone());
        let mut generation = Generation {
            parts: &parts,
            layout: &layout,
            scope: &shared.scope,
            number,
            counters: &shared.counters,
            teller: &shared.teller,
            state: &shared.state,
            stop: stop.clone(),
            at: AtomicUsize::new(usize::MAX),
            grace: self.grace,
            handles: Vec::new(),
        };
        let started = generation.start(asked(&mut self.stop)).await;
        let finish = match started {
            Ok(None) => Finish {
                stopped: true,
                ..Finish::default()
            },
            Err(error) => {
                if let Some(counters) = self.counters_of(error.component()) {
                    wiring::enter(counters, &shared.teller, ComponentState::Failed);
                }
                Finish {
                    error: Some(error),
                    ..Finish::default()
                }
            }
            Ok(Some(tasks)) => self.drive(tasks, &stop).await,
        };
        stop.cancel();
        generation.end().await;
        finish
    }

    /// Waits until every task has ended, passing on what happens: a request to stop, a failure, a
    /// deadline.
    async fn drive(&mut self, mut tasks: Tasks, stop: &Cancellation) -> Finish {
        let mut finish = Finish::default();
        let mut deadline: Option<Instant> = None;
        loop {
            let passed = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                joined = tasks.join_next() => match joined {
                    None => break,
                    Some((_, Err(error))) if error.is_cancelled() => {}
                    Some((node, result)) => {
                        let id = &self.layout.nodes[node].component.id;
                        let panicked = |error| Err(wiring::panicked(id, error));
                        if let Err(error) = result.unwrap_or_else(panicked) {
                            self.fail(node, error, &mut finish, stop, &mut deadline);
                        }
                    }
                },
                grace = stop_asked(&mut self.stop) => {
                    if !finish.stopped {
                        self.shared.teller.tell(RunEventKind::Draining);
                    }
                    finish.stopped = true;
                    stop.cancel();
                    let asked = Instant::now().checked_add(grace);
                    deadline = match (deadline, asked) {
                        (Some(one), Some(other)) => Some(one.min(other)),
                        (one, other) => one.or(other),
                    };
                }
                () = passed => {
                    if !finish.forced.is_empty() {
                        break;
                    }
                    let ids = tasks
                        .running()
                        .map(|node| self.layout.nodes[*node].component.id.clone());
                    finish.forced = ids.collect();
                    finish.forced.sort();
                    tasks.abort_all();
                    deadline = Some(Instant::now() + LEFT_BEHIND_AFTER);
                }
            }
        }
        finish
    }

    fn fail(
        &self,
        node: usize,
        error: RunError,
        finish: &mut Finish,
        stop: &Cancellation,
        deadline: &mut Option<Instant>,
    ) {
        if let Some(counters) = self.shared.counters.get(node) {
            wiring::enter(counters, &self.shared.teller, ComponentState::Failed);
        }
        tracing::error!(code = error.code(), error = %Chain(&error), "a component failed");
        finish.error.get_or_insert(error);
        stop.cancel();
        deadline.get_or_insert_with(|| Instant::now() + self.grace);
    }

    /// How long to wait before the pipeline is started again; `None`: it is not.
    fn restart(
        &self,
        number: u32,
        finish: &Finish,
        began: Instant,
        restarts: &mut VecDeque<Instant>,
    ) -> Option<Duration> {
        let error = finish.error.as_ref().filter(|_| !finish.stopped)?;
        // Somebody who had to be left behind may still write: a second one beside it would spoil both.
        if !finish.forced.is_empty() {
            return None;
        }
        let may_pass = match error.kind() {
            RunErrorKind::Failed => true,
            // What has been up before may come up again.
            RunErrorKind::NotStarted => number > 1,
            _ => false,
        };
        if !may_pass || !error.is_transient() {
            return None;
        }
        let component = self
            .layout
            .nodes
            .iter()
            .find(|node| Some(&node.component.id) == error.component())?;
        let restart: &Restart = &component.component.restart;
        if restart.policy == RestartPolicy::Never {
            return None;
        }
        let now = Instant::now();
        if now.duration_since(began) >= restart.reset_after {
            restarts.clear();
        }
        restarts.retain(|at| now.duration_since(*at) < restart.budget.window);
        if restarts.len() >= usize::try_from(restart.budget.restarts).unwrap_or(usize::MAX) {
            return None;
        }
        restarts.push_back(now);
        let failed = u32::try_from(restarts.len()).unwrap_or(u32::MAX);
        Some(backoff(
            restart.backoff.base,
            restart.backoff.cap,
            failed,
            jitter(),
        ))
    }

    async fn stopped_within(&mut self, pause: Duration) -> bool {
        tokio::time::timeout(pause, asked(&mut self.stop))
            .await
            .is_ok()
    }

    fn report(&self, finish: Finish, told: bool) -> RunReport {
        let outcome = match (&finish.error, finish.forced.is_empty(), finish.stopped) {
            (Some(_), ..) => Outcome::Failed,
            (None, false, _) => Outcome::Forced,
            (None, true, true) => Outcome::Drained,
            (None, true, false) => Outcome::Completed,
        };
        if !told {
            self.tell_failure(&finish);
        }
        for counters in &self.shared.counters {
            if !counters.status().state.is_over() {
                wiring::enter(counters, &self.shared.teller, ComponentState::Stopped);
            }
        }
        self.shared.teller.tell(RunEventKind::Ended(outcome));
        RunReport {
            outcome,
            error: finish.error,
            forced: finish.forced,
            status: self.shared.status(),
        }
    }

    fn tell_failure(&self, finish: &Finish) {
        if let Some(error) = &finish.error {
            self.shared.teller.tell(RunEventKind::Failed {
                component: error.component().cloned(),
                error: Chain(error).to_string(),
            });
        }
    }

    fn enter_all(&self, state: &ComponentState) {
        for counters in &self.shared.counters {
            wiring::enter(counters, &self.shared.teller, state.clone());
        }
    }

    fn counters_of(&self, component: Option<&ComponentId>) -> Option<&super::counters::Counters> {
        let of = |counters: &&Arc<super::counters::Counters>| Some(&counters.id) == component;
        self.shared.counters.iter().find(of).map(AsRef::as_ref)
    }
}

/// Waits until the run was asked to stop, also if that was before.
async fn asked(stop: &mut watch::Receiver<Option<Duration>>) {
    if stop.wait_for(Option::is_some).await.is_err() {
        std::future::pending().await
    }
}

/// Waits for a request to stop that was not seen yet, and tells its grace.
async fn stop_asked(stop: &mut watch::Receiver<Option<Duration>>) -> Duration {
    loop {
        if stop.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        if let Some(grace) = *stop.borrow_and_update() {
            return grace;
        }
    }
}
