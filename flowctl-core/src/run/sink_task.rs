use std::{collections::BTreeMap, sync::Arc};

use super::{
    counters::Counters,
    error::{RunError, RunErrorKind},
    events::Teller,
    status::ComponentState,
    step::{Done, Policy, Retry},
    wiring::{self, DeadLetters},
};
use crate::{
    ComponentId,
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
            if group.is_empty() {
                continue;
            }
            let batches: Vec<Batch> = group
                .iter()
                .map(|delivery| delivery.batch.clone())
                .collect();
            let written = match self.write(&batches).await {
                Ok(()) => batches.iter().map(|_| Done::default()).collect(),
                Err(error) => self.write_one_by_one(&batches, error).await?,
            };
            for (delivery, done) in group.into_iter().zip(written) {
                if !self.settle(delivery, &done).await? {
                    return Ok(ComponentState::Stopped);
                }
            }
        }
        Ok(if self.inlet.has_ended() {
            self.outlet.end();
            ComponentState::Finished
        } else {
            ComponentState::Stopped
        })
    }

    /// Everything that waits, up to the limit, less what the sink has already.
    fn group(&mut self, first: Delivery) -> Vec<Delivery> {
        let mut group = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        let mut next = Some(first);
        while let Some(delivery) = next.take().or_else(|| self.inlet.try_next()) {
            self.counters.took(&delivery.batch);
            if let Some(new) = self.less_held(delivery) {
                events += new.batch.events().len().max(1);
                bytes += new.batch.size();
                group.push(new);
            }
            if events >= self.limit.events || bytes >= self.limit.bytes {
                break;
            }
        }
        group
    }

    fn less_held(&self, mut delivery: Delivery) -> Option<Delivery> {
        match self.held.get(delivery.batch.source()) {
            Some(held) if delivery.batch.through() <= *held => {
                self.counters.finished_with(&delivery.batch);
                delivery.obligation.fulfil();
                None
            }
            Some(held) => {
                delivery.batch = delivery.batch.filter(|event| event.sequence() > *held);
                Some(delivery)
            }
            None => Some(delivery),
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

    /// After the whole group failed: finds out, batch by batch, which of it can be written.
    async fn write_one_by_one(
        &mut self,
        batches: &[Batch],
        error: ComponentError,
    ) -> Result<Vec<Done>, RunError> {
        if self.policy.gives_up_after(&error) {
            return Err(self.failed(error));
        }
        let mut written = Vec::with_capacity(batches.len());
        for batch in batches {
            let done = self
                .policy
                .pass(&mut self.sink, batch, &self.counters, &self.teller)
                .await;
            written.push(done.map_err(|error| self.failed(error))?);
        }
        Ok(written)
    }

    /// What was owed for a batch is done, once its dead letters are.
    async fn settle(&mut self, delivery: Delivery, done: &Done) -> Result<bool, RunError> {
        let Delivery { batch, obligation } = delivery;
        let dead = self
            .dead_letters
            .take(&batch, &done.rejected, &self.counters, &self.teller);
        self.counters
            .gave(batch.events().len().saturating_sub(done.rejected.len()));
        let nothing = batch.with_events(Vec::new());
        let sent = self
            .outlet
            .send(&nothing, obligation, dead, |event, _| event.clone())
            .await;
        self.counters.finished_with(&batch);
        Ok(sent.is_ok())
    }

    fn failed(&self, error: ComponentError) -> RunError {
        RunError::from_component(RunErrorKind::Failed, &self.counters.id, error)
    }
}
