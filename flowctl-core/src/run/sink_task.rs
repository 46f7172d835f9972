use std::{collections::BTreeMap, sync::Arc};

use super::{
    counters::Counters,
    error::{RunError, RunErrorKind},
    events::Teller,
    notes::Notes,
    status::ComponentState,
    step::{Done, Policy, Retry},
    wiring::{self, DeadLetters},
};
use crate::{
    ComponentId, Event,
    component::{ComponentError, Sink},
    event::Batch,
    link::{Delivery, Inlet, Limit, Outlet},
};

/// Takes all batches that wait, writes them in one call, and fulfils what was owed for them.
pub(super) struct SinkTask {
    pub(super) sink: Box<dyn Sink>,
    /// What the sink had when it was opened; not written again.
    pub(super) held: BTreeMap<ComponentId, u64>,
    pub(super) inlet: Inlet,
    /// Only for dead letters.
    pub(super) outlet: Outlet,
    /// The most that is written in one call.
    pub(super) limit: Limit,
    pub(super) policy: Policy,
    pub(super) counters: Arc<Counters>,
    pub(super) teller: Teller,
    pub(super) dead_letters: DeadLetters,
    pub(super) notes: Notes,
}

/// A batch that was taken, and what of it is new to the sink.
struct Taken {
    delivery: Delivery,
    new: Option<Batch>,
}

impl SinkTask {
    pub(super) async fn run(mut self) -> Result<(), RunError> {
        let result = self.work().await;
        let closed = self.sink.close().await;
        let ended = result?;
        closed.map_err(|error| self.failed(error))?;
        wiring::enter(&self.counters, &self.teller, ended);
        Ok(())
    }

    async fn work(&mut self) -> Result<ComponentState, RunError> {
        while let Some(first) = self.inlet.next().await {
            let group = self.group(first);
            let new: Vec<Batch> = group.iter().filter_map(|taken| taken.new.clone()).collect();
            let written = if new.is_empty() {
                Ok(())
            } else {
                self.write(&new).await
            };
            for taken in group {
                let done = match (&written, &taken.new) {
                    (Err(error), _) if self.policy.gives_up_after(error) => break,
                    (Err(_), Some(batch)) => self.write_alone(batch).await?,
                    _ => Done::default(),
                };
                if !self.settle(taken, done).await? {
                    return Ok(ComponentState::Stopped);
                }
            }
            if let Err(error) = written
                && self.policy.gives_up_after(&error)
            {
                return Err(self.failed(error));
            }
        }
        Ok(if self.inlet.has_ended() {
            self.outlet.end();
            ComponentState::Finished
        } else {
            ComponentState::Stopped
        })
    }

    /// Everything that waits, up to the limit.
    fn group(&mut self, first: Delivery) -> Vec<Taken> {
        let mut group = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        let mut next = Some(first);
        while let Some(delivery) = next.take().or_else(|| self.inlet.try_next()) {
            self.counters.took(&delivery.batch);
            events += delivery.batch.events().len().max(1);
            bytes += delivery.batch.size();
            let new = self.less_held(&delivery.batch);
            group.push(Taken { delivery, new });
            if events >= self.limit.events || bytes >= self.limit.bytes {
                break;
            }
        }
        group
    }

    /// The batch without what the sink has already; `None` when that is all of it.
    fn less_held(&self, batch: &Batch) -> Option<Batch> {
        match self.held.get(batch.source()) {
            Some(held) if batch.through() <= *held => None,
            Some(held) => Some(batch.filter(|event| event.sequence() > *held)),
            None => Some(batch.clone()),
        }
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let mut retry = Retry::new(&self.policy);
        loop {
            match self.sink.write(batches).await {
                Ok(()) => return Ok(()),
                Err(error) => retry.pause(error, &self.counters, &self.teller).await?,
            }
        }
    }

    /// After a whole group failed: finds out what of one batch can be written.
    async fn write_alone(&mut self, batch: &Batch) -> Result<Done, RunError> {
        let letters = self.dead_letters.to.is_some();
        let notes = letters.then_some(&mut self.notes);
        self.policy
            .pass(&mut self.sink, batch, notes, &self.counters, &self.teller)
            .await
            .map_err(|error| self.failed(error))
    }

    /// What was owed for a batch is done, once its dead letters are; so are those of events that the
    /// sink rejected in an earlier run, which ended before they had arrived.
    async fn settle(&mut self, taken: Taken, mut done: Done) -> Result<bool, RunError> {
        let Delivery { batch, obligation } = taken.delivery;
        let offered = taken.new.as_ref().map_or(0, |new| new.events().len());
        self.counters
            .gave(offered.saturating_sub(done.rejected.len()));
        let held = self.held.get(batch.source()).copied();
        let earlier = self.notes.of(&batch).into_iter();
        done.rejected
            .extend(earlier.filter(|rejected| Some(rejected.event.sequence()) <= held));
        let dead = self
            .dead_letters
            .take(&batch, &done.rejected, &self.counters, &self.teller);
        let nothing = batch.with_events(Vec::new());
        let keep = |event: &Event, _: &ComponentId| event.clone();
        let sent = self.outlet.send(&nothing, obligation, dead, keep).await;
        self.counters.finished_with(&batch);
        Ok(sent.is_ok())
    }

    fn failed(&self, error: ComponentError) -> RunError {
        RunError::from_component(RunErrorKind::Failed, &self.counters.id, error)
    }
}
