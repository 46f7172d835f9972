use std::time::Duration;

use async_trait::async_trait;
use flowctl_core::{
    ComponentContext, ComponentError, Position, Source,
    component::{Next, Resume, SourceIdentity},
};

use super::{
    describe::describe,
    reading::{Item, Reading},
};
use crate::{dial::Dial, proto::data::Role};

/// A source that runs elsewhere and is served in `flowctl.data.v1`.
///
/// It keeps the clauses of [`Source`]. It is read ahead by at most [`DataSource::AHEAD_EVENTS`] events and
/// [`DataSource::AHEAD_BYTES`] bytes, by a task that ends with this object. An error of the network is
/// [`Disposition::Retry`](flowctl_core::Disposition::Retry), and is reported after
/// [`Dial::give_up_after`]; calling `next` again tries again.
#[derive(Debug)]
pub struct DataSource {
    dial: Dial,
    address: String,
    context: ComponentContext,
    fingerprint: Option<String>,
    /// After this the next record comes.
    after: Option<Position>,
    reading: Option<Reading>,
    /// The source failed, and waits to be asked again.
    held_back: bool,
    /// Idle was said, and no record since (S4).
    idle: bool,
    /// The last position that was acknowledged, for a reader that is started again.
    acknowledged: Option<Position>,
    tip: Option<u64>,
}

impl DataSource {
    /// The most events that are read ahead.
    pub const AHEAD_EVENTS: u64 = 4_096;

    /// The most bytes of payload that are read ahead; one larger batch comes alone.
    pub const AHEAD_BYTES: u64 = 16 << 20;

    /// The source at `address`. Connects when it is identified.
    pub fn new(dial: Dial, address: impl Into<String>, context: ComponentContext) -> Self {
        Self {
            dial,
            address: address.into(),
            context,
            fingerprint: None,
            after: None,
            reading: None,
            held_back: false,
            idle: false,
            acknowledged: None,
            tip: None,
        }
    }

    /// The reader, started where there is none.
    fn reading(&mut self) -> &mut Reading {
        let Self {
            dial,
            address,
            context,
            fingerprint,
            after,
            acknowledged,
            ..
        } = self;
        self.reading.get_or_insert_with(|| {
            Reading::start(
                dial.clone(),
                address.clone(),
                context.cancellation.clone(),
                fingerprint.clone(),
                after.clone(),
                acknowledged.clone(),
            )
        })
    }
}

#[async_trait]
impl Source for DataSource {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let description = describe(&self.dial, &self.address, Role::Source).await?;
        self.tip = description.tip;
        let identity = description.source.unwrap_or_default();
        self.fingerprint = Some(identity.fingerprint.clone());
        let known = SourceIdentity::new(identity.fingerprint);
        Ok(match identity.rewinds {
            true => known,
            false => known.without_rewind(),
        })
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.after = resume.after;
        match self.reading().next().await {
            Some(Item::Opened) => Ok(()),
            Some(Item::Failed(error)) => {
                self.reading = None;
                Err(error)
            }
            _ => {
                self.reading = None;
                Err(ComponentError::retry("the reader ended before it was open"))
            }
        }
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        if std::mem::take(&mut self.held_back)
            && let Some(reading) = &self.reading
        {
            reading.proceed();
        }
        loop {
            // The reader goes on whether this call is dropped or not; what it has waits in its queue.
            let item = self.reading().next().await;
            let Some(reading) = &self.reading else {
                continue;
            };
            self.tip = reading.tip().or(self.tip);
            match item {
                Some(Item::Opened) => {}
                Some(Item::Batch(batch, taken)) => {
                    reading.give_back(taken);
                    self.after = Some(batch.through.clone());
                    self.idle = false;
                    return Ok(Next::Batch(batch));
                }
                // A source that was opened again has caught up again: not news to the runner.
                Some(Item::Idle) if self.idle => {}
                Some(Item::Idle) => {
                    self.idle = true;
                    return Ok(Next::Idle);
                }
                Some(Item::End) => return Ok(Next::End),
                Some(Item::HeldBack(error)) => {
                    self.held_back = true;
                    return Err(error);
                }
                Some(Item::Failed(error)) => {
                    self.reading = None;
                    return Err(error);
                }
                Some(Item::Closed(_)) | None => {
                    self.reading = None;
                    return Err(ComponentError::retry("the reader ended"));
                }
            }
        }
    }

    async fn acknowledged(&mut self, position: &Position) -> Result<(), ComponentError> {
        self.acknowledged = Some(position.clone());
        if let Some(reading) = &self.reading {
            reading.acknowledge(position.clone());
        }
        // Whether the origin could be told comes back in `next`.
        Ok(())
    }

    fn tip(&self) -> Option<u64> {
        self.reading.as_ref().and_then(Reading::tip).or(self.tip)
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        let Some(mut reading) = self.reading.take() else {
            return Ok(());
        };
        let patience = self.dial.progress_timeout.min(Duration::from_secs(5));
        match tokio::time::timeout(patience, reading.close()).await {
            Ok(Some(error)) => Err(error),
            // A source that does not answer lets go by itself when the connection is gone.
            Ok(None) | Err(_) => Ok(()),
        }
    }
}
