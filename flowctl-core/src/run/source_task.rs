use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{
    checkpoint::{Checkpoint, Checkpoints},
    counters::Counters,
    error::{RunError, RunErrorKind},
    events::Teller,
    status::ComponentState,
    step::{Policy, Retry},
    wiring::{self, DeadLetters},
};
use crate::{
    ComponentId, Event,
    component::{Cancellation, ComponentError, Next, Source},
    event::{Batch, Path, Position, SourceBatch},
    link::{Outlet, Tracker},
};

/// How often a checkpoint is written while there is something new.
///
/// Sinks that keep positions make nothing depend on it but how much is read again after a crash; a
/// durable write takes milliseconds, so that this costs the stream a few per cent at the most.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);

/// Pulls from a source, sends, acknowledges.
pub(super) struct SourceTask {
    pub(super) source: Box<dyn Source>,
    pub(super) fingerprint: String,
    /// The sequence after which the source was opened.
    pub(super) after: Option<u64>,
    pub(super) outlet: Outlet,
    pub(super) tracker: Arc<Tracker>,
    pub(super) checkpoints: Checkpoints,
    pub(super) policy: Policy,
    pub(super) counters: Arc<Counters>,
    pub(super) teller: Teller,
    pub(super) dead_letters: DeadLetters,
    /// Given when the source should stand still.
    pub(super) stop: Cancellation,
    /// The checkpoint that the source was resumed at: it may not have been told of it.
    pub(super) resumed: Option<Position>,
    /// The time in which what is in flight is delivered after the source failed.
    pub(super) grace: Duration,
}

/// Why a source gives no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    End,
    Stopped,
    /// A component behind it is gone, or gave up on a batch.
    Broken,
}

/// What is to be done next.
enum Turn {
    Pause(Pause),
    CheckpointDue,
    Next(Result<Next, ComponentError>),
}

impl SourceTask {
    pub(super) async fn run(mut self) -> Result<(), RunError> {
        let result = self.work().await;
        let closed = self.source.close().await;
        result?;
        closed.map_err(|error| self.failed(error))
    }

    async fn work(&mut self) -> Result<(), RunError> {
        let mut told = None;
        if let Some(position) = self.resumed.take() {
            self.tell(&position).await?;
            told = Some(position.sequence);
        }
        let pulled = self.pull(&mut told).await;
        match &pulled {
            Ok(Pause::End) => {}
            Ok(Pause::Stopped | Pause::Broken) => self.enter(ComponentState::Draining),
            Err(_) => self.enter(ComponentState::Failed),
        }
        // The stream of a source that fails ends here too, as far as its readers are concerned: what
        // it handed out is whole.
        match &pulled {
            Ok(Pause::Broken) => self.outlet.let_go(),
            Ok(Pause::End | Pause::Stopped) | Err(_) => self.outlet.end(),
        }
        let pause = match pulled {
            Ok(pause) => pause,
            Err(error) => {
                let grace = self.grace;
                let _ = tokio::time::timeout(grace, self.settle(&mut told)).await;
                let _ = self.checkpoint(&mut told, false).await;
                return Err(error);
            }
        };
        self.settle(&mut told).await?;
        let complete = pause == Pause::End && self.tracker.broken_by().is_none();
        self.checkpoint(&mut told, complete).await?;
        self.enter(if complete {
            ComponentState::Finished
        } else {
            ComponentState::Stopped
        });
        Ok(())
    }

    /// Hands out records until there are no more, or something else ends it.
    async fn pull(&mut self, told: &mut Option<u64>) -> Result<Pause, RunError> {
        let mut ticks = interval_at(Instant::now() + CHECKPOINT_EVERY, CHECKPOINT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let policy = self.policy.clone();
        let mut retry = Retry::new(&policy);
        let mut idle = false;
        loop {
            // A source that always has something must not keep the thread for itself.
            tokio::task::consume_budget().await;
            let next = match self.turn(&mut ticks, *told).await {
                Turn::Pause(pause) => return Ok(pause),
                Turn::CheckpointDue => {
                    self.checkpoint(told, false).await?;
                    continue;
                }
                Turn::Next(Err(error)) => {
                    let stop = self.stop.clone();
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => return Ok(Pause::Stopped),
                        paused = retry.pause(error, &self.counters, &self.teller) => {
                            paused.map_err(|error| self.failed(error))?;
                        }
                    }
                    continue;
                }
                Turn::Next(Ok(next)) => next,
            };
            retry = Retry::new(&policy);
            match next {
                Next::End => return Ok(Pause::End),
                Next::Idle if idle => {
                    return Err(self.contract("S4: it is idle twice in a row".to_owned()));
                }
                Next::Idle => {
                    idle = true;
                    self.enter(ComponentState::Idle);
                }
                Next::Batch(batch) => {
                    if std::mem::take(&mut idle) {
                        self.enter(ComponentState::Ready);
                    }
                    if !self.send(batch).await? {
                        return Ok(Pause::Broken);
                    }
                }
            }
        }
    }

    /// Waits for whatever comes first. The source's call is only dropped when something else is to be
    /// done with the source.
    async fn turn(&mut self, ticks: &mut Interval, told: Option<u64>) -> Turn {
        let next = self.source.next();
        tokio::pin!(next);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Turn::Pause(Pause::Stopped),
                _ = ticks.tick() => {
                    if self.tracker.broken_by().is_some() {
                        return Turn::Pause(Pause::Broken);
                    }
                    if self.tracker.reached().map(|reached| reached.sequence) != told {
                        return Turn::CheckpointDue;
                    }
                }
                next = &mut next => return Turn::Next(next),
            }
        }
    }

    /// Sends a batch; `false` when nobody takes it any more.
    async fn send(&mut self, batch: SourceBatch) -> Result<bool, RunError> {
        let SourceBatch { events, through } = batch;
        self.check(&events, &through)?;
        self.after = Some(through.sequence);
        let obligation = self.tracker.issue(through.clone(), &self.counters.id);
        let batch = Batch::new(self.counters.id.clone(), through.sequence, events);
        self.counters.gave(batch.events().len());
        self.counters.handed_out(&batch, self.source.tip());
        let wrap = |event: &Event, to: &ComponentId| {
            self.dead_letters
                .letter(event, &batch, to, "the edge had no room")
        };
        let sent = self.outlet.send(&batch, obligation, Vec::new(), wrap).await;
        let Ok(routed) = sent else { return Ok(false) };
        wiring::count(&self.counters, &routed);
        Ok(true)
    }

    /// Clause S1: what a run promises rests on rising identities, and on whole records.
    fn check(&self, events: &[Event], through: &Position) -> Result<(), RunError> {
        let rises = |next: u64| self.after.is_none_or(|after| after < next);
        let mut last: Option<&Event> = None;
        for event in events {
            let (sequence, path) = (event.sequence(), event.path());
            let follows = last.is_none_or(|last| (last.sequence(), last.path()) < (sequence, path));
            if !follows || !rises(sequence) {
                let after = last.map(|last| (last.sequence(), last.path()));
                let after = after.map_or_else(
                    || format!("{:?}", self.after),
                    |(sequence, path)| named(sequence, path),
                );
                let found = named(sequence, path);
                return Err(self.contract(format!("S1: event {found} follows {after}")));
            }
            last = Some(event);
        }
        let within = last.is_none_or(|last| last.sequence() <= through.sequence);
        if !within || !rises(through.sequence) {
            let last = last.map(Event::sequence).or(self.after);
            let through = through.sequence;
            return Err(self.contract(format!("S1: a batch through {through} follows {last:?}")));
        }
        Ok(())
    }

    /// Waits until all that was sent is durable or broken.
    async fn settle(&mut self, told: &mut Option<u64>) -> Result<(), RunError> {
        while !self.tracker.is_settled() {
            tokio::select! {
                () = self.tracker.changed() => {}
                () = tokio::time::sleep(CHECKPOINT_EVERY) => self.checkpoint(told, false).await?,
            }
        }
        Ok(())
    }

    /// Stores how far the stream is durable, then tells the source.
    async fn checkpoint(&mut self, told: &mut Option<u64>, complete: bool) -> Result<(), RunError> {
        let Some(reached) = self.tracker.reached() else {
            return Ok(());
        };
        let new = *told != Some(reached.sequence);
        if !new && !complete {
            return Ok(());
        }
        let checkpoint = Checkpoint::new(&reached, &self.fingerprint, complete);
        self.checkpoints
            .write(&self.counters.id, &checkpoint)
            .await
            .map_err(|error| RunError::from_store(RunErrorKind::StateLost, error))?;
        *told = Some(reached.sequence);
        self.counters.durable(reached.sequence);
        if new {
            self.tell(&reached).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, position: &Position) -> Result<(), RunError> {
        let told = self.source.acknowledged(position).await;
        told.map_err(|error| self.failed(error))
    }

    fn enter(&self, state: ComponentState) {
        wiring::enter(&self.counters, &self.teller, state);
    }

    fn failed(&self, error: ComponentError) -> RunError {
        RunError::from_component(RunErrorKind::Failed, &self.counters.id, error)
    }

    fn contract(&self, broken: String) -> RunError {
        RunError::new(RunErrorKind::Contract { broken }).of(&self.counters.id)
    }
}

/// An event's name within its source, as people read it.
fn named(sequence: u64, path: &Path) -> String {
    if path.steps().is_empty() {
        sequence.to_string()
    } else {
        format!("{sequence}/{path}")
    }
}
