use std::{collections::BTreeMap, sync::Arc};

use super::{
    counters::Counters,
    error::{RunError, RunErrorKind},
    events::Teller,
    status::ComponentState,
    step::{Done, Policy},
    task_set::TaskSet,
    wiring::{self, DeadLetters},
};
use crate::{
    ComponentId, Event,
    component::{ComponentError, Processor},
    event::Batch,
    link::{Delivery, Inlet, Outlet},
};

/// Takes batches, passes them through a processor, sends what comes of them, in order.
pub(super) struct ProcessorTask {
    /// Equal instances; more than one only of a stateless processor.
    pub(super) processors: Vec<Box<dyn Processor>>,
    pub(super) inlet: Inlet,
    pub(super) outlet: Outlet,
    pub(super) policy: Policy,
    pub(super) counters: Arc<Counters>,
    pub(super) teller: Teller,
    pub(super) dead_letters: DeadLetters,
}

type Passed = (Delivery, Result<Done, ComponentError>);
type Running = TaskSet<u64, (Box<dyn Processor>, Passed)>;

impl ProcessorTask {
    pub(super) async fn run(mut self) -> Result<(), RunError> {
        let result = match self.processors.len() {
            0 | 1 => self.one_at_a_time().await,
            _ => self.several_at_once().await,
        };
        let mut closed = Ok(());
        for processor in &mut self.processors {
            closed = closed.and(processor.close().await);
        }
        let ended = result?;
        closed.map_err(|error| self.failed(error))?;
        wiring::enter(&self.counters, &self.teller, ended);
        Ok(())
    }

    async fn one_at_a_time(&mut self) -> Result<ComponentState, RunError> {
        while let Some(delivery) = self.inlet.next().await {
            let Some(processor) = self.processors.first_mut() else {
                break;
            };
            self.counters.took(&delivery.batch);
            let passed = self
                .policy
                .pass(
                    processor,
                    &delivery.batch,
                    None,
                    &self.counters,
                    &self.teller,
                )
                .await;
            if !self.send((delivery, passed)).await? {
                return Ok(ComponentState::Stopped);
            }
        }
        Ok(self.over())
    }

    /// Each batch goes to an instance that is free; what comes back is sent in the order of what came.
    async fn several_at_once(&mut self) -> Result<ComponentState, RunError> {
        let most_ahead = 2 * self.processors.len() as u64;
        let mut tasks = Running::new();
        let result = self.spread(&mut tasks, most_ahead).await;
        // Calls under way are never dropped, and every instance comes back to be closed.
        while let Some((_, joined)) = tasks.join_next().await {
            self.processors
                .extend(joined.ok().map(|(processor, _)| processor));
        }
        result
    }

    async fn spread(
        &mut self,
        tasks: &mut Running,
        most_ahead: u64,
    ) -> Result<ComponentState, RunError> {
        let mut passed: BTreeMap<u64, Passed> = BTreeMap::new();
        let (mut taken, mut sent) = (0_u64, 0_u64);
        let mut ended = false;
        loop {
            while let Some(next) = passed.remove(&sent) {
                sent += 1;
                if !self.send(next).await? {
                    return Ok(ComponentState::Stopped);
                }
            }
            let takes = !ended && !self.processors.is_empty() && taken - sent < most_ahead;
            tokio::select! {
                Some((number, joined)) = tasks.join_next() => {
                    let (processor, done) =
                        joined.map_err(|error| wiring::panicked(&self.counters.id, error))?;
                    self.processors.push(processor);
                    passed.insert(number, done);
                }
                next = self.inlet.next(), if takes => match next {
                    None => ended = true,
                    Some(delivery) => {
                        let Some(mut processor) = self.processors.pop() else { continue };
                        self.counters.took(&delivery.batch);
                        let (policy, number) = (self.policy.clone(), taken);
                        let (counters, teller) = (Arc::clone(&self.counters), self.teller.clone());
                        taken += 1;
                        tasks.spawn(number, async move {
                            let done =
                                policy.pass(&mut processor, &delivery.batch, None, &counters, &teller).await;
                            (processor, (delivery, done))
                        });
                    }
                },
                else => break,
            }
        }
        Ok(self.over())
    }

    /// Nothing will come any more: passes on whether that is the end of the stream.
    fn over(&mut self) -> ComponentState {
        if self.inlet.has_ended() {
            self.outlet.end();
            ComponentState::Finished
        } else {
            self.outlet.let_go();
            ComponentState::Stopped
        }
    }

    /// Sends what came of a batch; `false` when nobody takes it any more.
    async fn send(&mut self, (delivery, passed): Passed) -> Result<bool, RunError> {
        let Delivery { batch, obligation } = delivery;
        let done = passed.map_err(|error| self.failed(error))?;
        let dead = self
            .dead_letters
            .take(&batch, &done.rejected, &self.counters, &self.teller);
        self.check(&batch, &done)?;
        let output = done.output.into_batch(&batch);
        self.counters.gave(output.events().len());
        let wrap = |event: &Event, to: &ComponentId| {
            self.dead_letters
                .letter(event, &batch, to, "the edge had no room")
        };
        let sent = self.outlet.send(&output, obligation, dead, wrap).await;
        self.counters.finished_with(&batch);
        let Ok(routed) = sent else { return Ok(false) };
        wiring::count(&self.counters, &routed);
        Ok(true)
    }

    /// Clause P5: positions rest on what comes out having the sequences of what went in.
    fn check(&self, batch: &Batch, done: &Done) -> Result<(), RunError> {
        let mut input = batch.events().iter().map(Event::sequence).peekable();
        for sequence in done.output.events().iter().map(Event::sequence) {
            while input.next_if(|known| *known < sequence).is_some() {}
            if input.peek() != Some(&sequence) {
                let broken = format!("P5: an event with sequence {sequence} follows from none");
                return Err(RunError::new(RunErrorKind::Contract { broken }).of(&self.counters.id));
            }
        }
        Ok(())
    }

    fn failed(&self, error: ComponentError) -> RunError {
        RunError::from_component(RunErrorKind::Failed, &self.counters.id, error)
    }
}
