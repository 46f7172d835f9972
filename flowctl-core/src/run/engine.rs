//! Drives the generations of a run until it is over.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    deadline::Deadline,
    error::{RunError, RunErrorKind},
    events::RunEventKind,
    generation::{Generation, Job, Tasks},
    handle::Shared,
    instances::Instances,
    layout::Layout,
    report::{Outcome, RunReport},
    runner::Parts,
    started::StartedList,
    status::ComponentState,
    step::{backoff, jitter},
    wiring,
};
use crate::{
    Chain, ComponentId,
    component::Cancellation,
    spec::{Restart, RestartPolicy, Role},
};

/// The one task that owns a run.
pub(super) struct Engine {
    pub(super) parts: Parts,
    pub(super) layout: Layout,
    pub(super) shared: Arc<Shared>,
    /// Set once the run was asked to stop, to the grace it is given.
    pub(super) stop: StopAsked,
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
    /// Whether something may still be at work that could not be brought to an end.
    left_behind: bool,
}

impl Engine {
    pub(super) async fn run(mut self) -> RunReport {
        let mut restarts = VecDeque::new();
        let mut number = 0;
        let instances = Instances::of(&self.shared.state);
        let swept = tokio::select! {
            swept = instances.end_leftovers(&self.parts, &self.shared.scope) => Some(swept),
            // The next run goes on with it.
            () = self.stop.asked() => None,
        };
        let finish = Finish {
            stopped: swept.is_none(),
            error: swept.and_then(Result::err),
            ..Finish::default()
        };
        if finish.stopped || finish.error.is_some() {
            return self.report(finish, false);
        }
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
            started: StartedList::default(),
        };
        let started = generation.start(self.stop.asked()).await;
        let (mut finish, deadline) = match started {
            Ok(None) => {
                let finish = Finish {
                    stopped: true,
                    ..Finish::default()
                };
                (finish, self.stop.deadline())
            }
            Err(error) => {
                if let Some(counters) = self.counters_of(error.component()) {
                    wiring::enter(counters, &shared.teller, ComponentState::Failed);
                }
                let finish = Finish {
                    error: Some(error),
                    ..Finish::default()
                };
                (finish, Deadline::after(self.grace))
            }
            Ok(Some(tasks)) => self.drive(tasks, &stop).await,
        };
        stop.cancel();
        let ended = generation.end(deadline, &mut self.stop).await;
        finish.forced.extend(ended.forced);
        finish.left_behind |= ended.left_behind;
        finish.forced.sort();
        finish.forced.dedup();
        finish
    }

    /// Waits until every task has ended, passing on what happens: a request to stop, a failure, a
    /// deadline.
    async fn drive(&mut self, mut tasks: Tasks, stop: &Cancellation) -> (Finish, Deadline) {
        let mut finish = Finish::default();
        let mut deadline = Deadline::NEVER;
        while !self.is_over(&tasks, stop) {
            tokio::select! {
                biased;
                joined = tasks.join_next() => match joined {
                    None => break,
                    Some((_, Err(error))) if error.is_cancelled() => {}
                    Some((Job::Carry(node) | Job::Watch(node), result)) => {
                        let id = &self.layout.nodes[node].component.id;
                        let panicked = |error| Err(wiring::panicked(id, error));
                        if let Err(error) = result.unwrap_or_else(panicked) {
                            self.fail(node, error, &mut finish, stop, &mut deadline);
                        }
                    }
                },
                grace = self.stop.next() => {
                    if !finish.stopped {
                        self.shared.teller.tell(RunEventKind::Draining);
                    }
                    finish.stopped = true;
                    stop.cancel();
                    deadline = deadline.sooner(Deadline::after(grace));
                }
                () = deadline.passed() => {
                    if !finish.forced.is_empty() {
                        break;
                    }
                    let ids = carrying(&tasks)
                        .map(|node| self.layout.nodes[node].component.id.clone());
                    finish.forced = ids.collect();
                    tasks.abort_all();
                    finish.left_behind = true;
                    deadline = Deadline::after(LEFT_BEHIND_AFTER);
                }
            }
        }
        (finish, deadline)
    }

    /// Whether nothing more can happen by itself: nothing is carried any more, and, unless the run ends
    /// anyway, every program that is a sink has come to its end.
    fn is_over(&self, tasks: &Tasks, stop: &Cancellation) -> bool {
        if carrying(tasks).next().is_some() {
            return false;
        }
        if stop.is_cancelled() {
            return true;
        }
        let has_sink = self
            .layout
            .nodes
            .iter()
            .any(|node| node.component.role == Role::Sink);
        let watched = tasks.running().filter_map(|job| match job {
            Job::Watch(node) => self.layout.nodes.get(*node),
            Job::Carry(_) => None,
        });
        let mut awaited = watched.filter(|node| {
            node.carried.is_none()
                && match has_sink {
                    true => node.component.role == Role::Sink,
                    false => node.component.role != Role::Service,
                }
        });
        awaited.next().is_none()
    }

    fn fail(
        &self,
        node: usize,
        error: RunError,
        finish: &mut Finish,
        stop: &Cancellation,
        deadline: &mut Deadline,
    ) {
        if let Some(counters) = self.shared.counters.get(node) {
            wiring::enter(counters, &self.shared.teller, ComponentState::Failed);
        }
        tracing::error!(code = error.code(), error = %Chain(&error), "a component failed");
        finish.error.get_or_insert(error);
        stop.cancel();
        if deadline.is_never() {
            *deadline = Deadline::after(self.grace);
        }
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
        if finish.left_behind {
            return None;
        }
        let may_pass = match error.kind() {
            RunErrorKind::Failed | RunErrorKind::Ended { .. } | RunErrorKind::NotAlive => {
                error.is_transient()
            }
            // What has been up before may come up again, whatever keeps it from it now.
            RunErrorKind::NotReady { .. } | RunErrorKind::EndedEarly { .. } => number > 1,
            RunErrorKind::NotStarted => number > 1 && error.is_transient(),
            _ => false,
        };
        if !may_pass {
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
        tokio::time::timeout(pause, self.stop.asked()).await.is_ok()
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
            if !counters.is_over() {
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

/// The places of the components that are carried.
fn carrying(tasks: &Tasks) -> impl Iterator<Item = usize> {
    tasks.running().filter_map(|job| match job {
        Job::Carry(node) => Some(*node),
        Job::Watch(_) => None,
    })
}

/// Requests to stop the run, as the engine sees them: the newest grace.
#[derive(Debug)]
pub(super) struct StopAsked(pub(super) watch::Receiver<Option<Duration>>);

impl StopAsked {
    /// Waits until the run was asked to stop, also if that was before. Cancel safe.
    async fn asked(&mut self) {
        if self.0.wait_for(Option::is_some).await.is_err() {
            std::future::pending().await
        }
    }

    /// Waits for a request that was not seen yet, and tells its grace. Cancel safe.
    pub(super) async fn next(&mut self) -> Duration {
        loop {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if let Some(grace) = *self.0.borrow_and_update() {
                return grace;
            }
        }
    }

    /// When the newest request wants everything to have ended; never, if there is none.
    fn deadline(&self) -> Deadline {
        self.0.borrow().map_or(Deadline::NEVER, Deadline::after)
    }
}
