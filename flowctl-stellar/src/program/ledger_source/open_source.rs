use std::time::Duration;

use flowctl_core::{
    Chain,
    component::{Cancellation, ComponentContext, ComponentError, Next, Resume, Source},
};
use tokio::time::sleep;

use super::origin::Origin;
use crate::{
    backoff::Backoff,
    program::{
        condition::Condition,
        metrics::{Counter, Metrics},
    },
    source::LedgerRange,
};

/// The pauses after an error that may pass.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

/// A source that was opened for one reader. What may pass is tried again for as long as it is asked:
/// readers of this protocol, such as upstream's, do not come back after an error.
pub(super) struct OpenSource {
    source: Box<dyn Source>,
    condition: Condition,
    metrics: Metrics,
    backoff: Backoff,
    is_open: bool,
    /// Whether this source has said that it is in trouble.
    in_trouble: bool,
}

impl OpenSource {
    /// The ledgers of this range. Nothing is read yet.
    pub(super) fn new(
        origin: &Origin,
        range: LedgerRange,
        context: ComponentContext,
        condition: Condition,
        metrics: Metrics,
    ) -> Result<Self, ComponentError> {
        Ok(Self {
            source: origin.source(range, context)?,
            condition,
            metrics,
            backoff: BACKOFF,
            is_open: false,
            in_trouble: false,
        })
    }

    /// What comes next; an error only where trying again does not help. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Next, ComponentError> {
        loop {
            match self.try_next().await {
                Ok(next) => {
                    self.backoff.succeeded();
                    if std::mem::take(&mut self.in_trouble) {
                        self.condition.well();
                    }
                    if let Some(tip) = self.source.tip() {
                        self.metrics.set_tip(tip);
                    }
                    return Ok(next);
                }
                Err(error) if error.is_transient() => {
                    let text = Chain(&error).to_string();
                    tracing::warn!(error = text, "no ledgers for now; trying on");
                    self.metrics.add(Counter::Retries, 1);
                    self.condition.trouble(text);
                    self.in_trouble = true;
                    sleep(self.backoff.failed()).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The newest ledger that is known of.
    pub(super) fn tip(&self) -> Option<u64> {
        self.source.tip()
    }

    async fn try_next(&mut self) -> Result<Next, ComponentError> {
        if !self.is_open {
            self.source.identify().await?;
            self.source.open(Resume::default()).await?;
            self.is_open = true;
        }
        self.source.next().await
    }
}

impl Drop for OpenSource {
    fn drop(&mut self) {
        if self.in_trouble {
            self.condition.well();
        }
    }
}

/// Makes sure, however long it takes, that the origin can be reached and is what the settings say.
pub(super) async fn reach(
    origin: &Origin,
    context: ComponentContext,
    condition: &Condition,
    drain: &Cancellation,
) -> Result<(), ComponentError> {
    let mut source = origin.source(LedgerRange::default(), context)?;
    let mut backoff = BACKOFF;
    while !drain.is_cancelled() {
        match source.identify().await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_transient() => {
                let error = Chain(&error).to_string();
                tracing::warn!(error, "waiting for where ledgers come from");
                condition.trouble(format!("waiting for ledgers: {error}"));
                sleep(backoff.failed()).await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
