use std::collections::BTreeMap;

use async_trait::async_trait;
use flowctl_core::{Batch, ComponentContext, ComponentError, Output, Processor};

use super::{
    caller::{Answer, Caller},
    describe::describe,
    heard::Processing,
};
use crate::{dial::Dial, proto::data::Role};

/// A processor that runs elsewhere and is served in `flowctl.data.v1`.
///
/// It keeps the clauses of [`Processor`]. An error of the network is
/// [`Disposition::Retry`](flowctl_core::Disposition::Retry), and is reported after
/// [`Dial::give_up_after`]. Where a processor that is not stateless was started anew behind a session, what
/// it knew is gone: every further call fails, until the pipeline is started again at its checkpoint.
#[derive(Debug)]
pub struct DataProcessor {
    caller: Caller<Processing>,
    stateless: bool,
    /// What the processor knew is gone.
    gone: bool,
    /// Whether the pipeline starts again after an error that may pass.
    restarts: bool,
}

impl DataProcessor {
    /// The processor at `address`. Connects when it is opened.
    pub fn new(dial: Dial, address: impl Into<String>, context: &ComponentContext) -> Self {
        Self {
            caller: Caller::new(dial, address.into(), context.codecs.clone()),
            stateless: false,
            gone: false,
            restarts: true,
        }
    }

    /// Its failure policy leaves events out that fail for good. The loss of what the processor knew must
    /// not be answered like that, and ends the run instead of starting the pipeline again.
    #[must_use]
    pub const fn under_lenient_policy(mut self) -> Self {
        self.restarts = false;
        self
    }

    fn state_lost(&self) -> ComponentError {
        let message = format!(
            "the processor at `{}` was started anew, and what it knew is gone",
            self.caller.address
        );
        match self.restarts {
            true => ComponentError::retry(message),
            false => ComponentError::stop(message),
        }
    }
}

#[async_trait]
impl Processor for DataProcessor {
    async fn open(&mut self) -> Result<(), ComponentError> {
        let description =
            describe(&self.caller.dial, &self.caller.address, Role::Processor).await?;
        self.stateless = description.stateless;
        self.caller.open(BTreeMap::new()).await.map(drop)
    }

    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        loop {
            if self.gone {
                return Err(self.state_lost());
            }
            match self.caller.call(std::slice::from_ref(batch)).await? {
                Answer::Unchanged => return Ok(Output::unchanged(batch)),
                Answer::Output(joined) => return Ok(Output::from(joined.events)),
                Answer::Anew(_) => self.gone = !self.stateless,
            }
        }
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.caller.close().await
    }
}
