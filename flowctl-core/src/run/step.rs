//! One call of a component under its failure policy: retry, leave out, or stop.

use std::{
    hash::{BuildHasher, RandomState},
    pin::Pin,
    time::Duration,
};

use futures_util::TryFutureExt as _;

use super::{
    counters::Counters,
    events::{RunEventKind, Teller},
    notes::Notes,
    status::ComponentState,
};
use crate::{
    Chain,
    component::{ComponentError, Disposition, Output, Processor, Sink},
    event::{Batch, Event},
};

/// What is done about errors of one component.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// How often a call is made again after an error that may pass.
    pub(crate) retries: u32,
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
    pub(crate) then: Then,
}

/// What is done when retries are of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Stop,
    Skip,
    DeadLetter,
}

/// A component as something that takes one batch.
///
/// Written out instead of with `async_trait`, so that a processor's own future is passed on as it is.
pub(crate) trait Step: Send {
    fn call<'a>(&'a mut self, batch: &'a Batch) -> Called<'a>;
}

pub(crate) type Called<'a> =
    Pin<Box<dyn Future<Output = Result<Output, ComponentError>> + Send + 'a>>;

impl Step for Box<dyn Processor> {
    fn call<'a>(&'a mut self, batch: &'a Batch) -> Called<'a> {
        self.process(batch)
    }
}

impl Step for Box<dyn Sink> {
    fn call<'a>(&'a mut self, batch: &'a Batch) -> Called<'a> {
        let written = self.write(std::slice::from_ref(batch));
        Box::pin(written.map_ok(|()| Output::new()))
    }
}

/// What came of a batch.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) output: Output,
    pub(crate) rejected: Vec<Rejected>,
}

/// An event that was given up on.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) event: Event,
    pub(crate) reason: String,
}

impl Policy {
    /// Passes a batch through a component.
    ///
    /// `notes`, where there are any, know of a rejection before the component's position can pass it.
    ///
    /// Where the policy goes on after an error, the records that cause it are found by giving the
    /// records to the component one by one. A record here is everything that comes from one source
    /// event: it is taken or rejected as a whole, so that a sink's position never stands inside it.
    ///
    /// # Errors
    ///
    /// The error after which the component cannot go on.
    pub(crate) async fn pass(
        &self,
        step: &mut dyn Step,
        batch: &Batch,
        notes: Option<&mut Notes>,
        counters: &Counters,
        teller: &Teller,
    ) -> Result<Done, ComponentError> {
        let mut notes = notes;
        let error = match self
            .attempt(step, batch, &mut notes, counters, teller)
            .await
        {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if self.gives_up_after(&error) || batch.events().is_empty() {
            return Err(error);
        }
        let mut done = Done::default();
        for record in records(batch) {
            match self
                .attempt(step, &record, &mut notes, counters, teller)
                .await
            {
                Ok(alone) => done.append(alone),
                Err(error) if self.gives_up_after(&error) => return Err(error),
                Err(error) => {
                    let rejected = done.reject(record.events(), &error);
                    note(&mut notes, batch, rejected).await?;
                }
            }
        }
        // The last record may have been rejected: the component still has to know how far it is.
        let nothing = batch.with_events(Vec::new());
        done.append(
            self.attempt(step, &nothing, &mut notes, counters, teller)
                .await?,
        );
        Ok(done)
    }

    /// Whether the component cannot go on after this error.
    pub(crate) fn gives_up_after(&self, error: &ComponentError) -> bool {
        self.then == Then::Stop || *error.disposition() == Disposition::Stop
    }

    /// Calls until it works, retries are used up, or retrying is of no use. Where the policy goes on
    /// after an error, events that the component itself names are left out on the way.
    async fn attempt(
        &self,
        step: &mut dyn Step,
        batch: &Batch,
        notes: &mut Option<&mut Notes>,
        counters: &Counters,
        teller: &Teller,
    ) -> Result<Done, ComponentError> {
        let mut done = Done::default();
        let mut batch = batch.clone();
        let mut retry = Retry::new(self);
        loop {
            let error = match step.call(&batch).await {
                Ok(output) => {
                    done.output = output;
                    return Ok(done);
                }
                Err(error) => error,
            };
            if let (Disposition::Skip(keys), true) = (error.disposition(), self.then != Then::Stop)
            {
                let skipped = |event: &Event| {
                    keys.iter()
                        .any(|(s, p)| *s == event.sequence() && p == event.path())
                };
                let (out, kept): (Vec<_>, Vec<_>) =
                    batch.events().iter().cloned().partition(skipped);
                if out.is_empty() {
                    return Err(error);
                }
                let rejected = done.reject(&out, &error);
                note(notes, &batch, rejected).await?;
                batch = batch.with_events(kept);
            } else {
                retry.pause(error, counters, teller).await?;
            }
        }
    }
}

impl Done {
    fn append(&mut self, mut other: Self) {
        self.output.extend(other.output.events().iter().cloned());
        self.rejected.append(&mut other.rejected);
    }

    /// Adds rejected events, and gives them back.
    fn reject(&mut self, events: &[Event], error: &ComponentError) -> &[Rejected] {
        let reason = Chain(error).to_string();
        let first = self.rejected.len();
        self.rejected.extend(events.iter().map(|event| Rejected {
            event: event.clone(),
            reason: reason.clone(),
        }));
        self.rejected.get(first..).unwrap_or_default()
    }
}

async fn note(
    notes: &mut Option<&mut Notes>,
    batch: &Batch,
    rejected: &[Rejected],
) -> Result<(), ComponentError> {
    match notes {
        Some(notes) => notes.add(batch, rejected).await,
        None => Ok(()),
    }
}

/// The batch as one batch a record, the last of which completes the same stretch.
fn records(batch: &Batch) -> Vec<Batch> {
    let mut records: Vec<Batch> = batch
        .events()
        .chunk_by(|a, b| a.sequence() == b.sequence())
        .filter_map(|events| {
            let sequence = events.first()?.sequence();
            Some(Batch::new(
                batch.source().clone(),
                sequence,
                events.to_vec(),
            ))
        })
        .collect();
    if let Some(last) = records.pop() {
        records.push(batch.with_events(last.events().to_vec()));
    }
    records
}

/// Counts attempts of one call and pauses between them.
#[derive(Debug)]
pub(crate) struct Retry<'p> {
    policy: &'p Policy,
    failed: u32,
}

impl<'p> Retry<'p> {
    pub(crate) const fn new(policy: &'p Policy) -> Self {
        Self { policy, failed: 0 }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    ///
    /// Gives the error back when there is to be none.
    pub(crate) async fn pause(
        &mut self,
        error: ComponentError,
        counters: &Counters,
        teller: &Teller,
    ) -> Result<(), ComponentError> {
        if !error.is_transient() || self.failed >= self.policy.retries {
            return Err(error);
        }
        self.failed += 1;
        counters.retried();
        let before = counters.enter(ComponentState::Retrying);
        teller.tell(RunEventKind::Retrying {
            component: counters.id.clone(),
            attempt: self.failed + 1,
            error: Chain(&error).to_string(),
        });
        tokio::time::sleep(backoff(
            self.policy.base,
            self.policy.cap,
            self.failed,
            jitter(),
        ))
        .await;
        counters.enter(before);
        Ok(())
    }
}

/// Exponential with full jitter: uniform between nothing and `base * 2^(failed - 1)`, at most `cap`.
///
/// Full jitter spreads clients that failed together as widely as the bound allows ("Exponential
/// Backoff And Jitter", AWS Architecture Blog, 2015).
pub(crate) fn backoff(base: Duration, cap: Duration, failed: u32, jitter: f64) -> Duration {
    let doubled = 2_u32
        .checked_pow(failed.saturating_sub(1))
        .unwrap_or(u32::MAX);
    base.saturating_mul(doubled)
        .min(cap)
        .mul_f64(jitter.clamp(0.0, 1.0))
}

/// A number in 0..1 that differs between calls and processes. Not for secrets.
pub(crate) fn jitter() -> f64 {
    // 53 bits are exact in an f64; the mask keeps 32.
    let bits = (random_bits() & u128::from(u32::MAX)) as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

/// Bits that differ between calls and processes, from the seed of the standard library's hash maps.
/// Not for secrets.
pub(crate) fn random_bits() -> u128 {
    let half = |salt: u8| u128::from(RandomState::new().hash_one(salt));
    half(0) << 64 | half(1)
}
