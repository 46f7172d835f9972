use std::collections::BTreeMap;

use async_trait::async_trait;
use flowctl_core::{
    Batch, ComponentContext, ComponentError, ComponentId, Sink,
    component::{Held, OpenSink},
};

use super::{
    caller::{Answer, Caller},
    describe::{describe, reset},
    heard::Writing,
};
use crate::{dial::Dial, proto::data::Role};

/// A sink that runs elsewhere and is served in `flowctl.data.v1`.
///
/// It keeps the clauses of [`Sink`]. An error of the network is
/// [`Disposition::Retry`](flowctl_core::Disposition::Retry), and is reported after
/// [`Dial::give_up_after`]. Where the sink was started anew during a call and keeps positions, only what it
/// does not hold is written again; where it then holds less than it had acknowledged, every further call
/// fails until the pipeline is started again.
#[derive(Debug)]
pub struct DataSink {
    caller: Caller<Writing>,
    /// Per source, how far the sink said that it is complete.
    acknowledged: BTreeMap<ComponentId, u64>,
    /// The sink lost what it had acknowledged.
    lost: bool,
}

impl DataSink {
    /// The sink at `address`. Connects when it is opened.
    pub fn new(dial: Dial, address: impl Into<String>, context: &ComponentContext) -> Self {
        Self {
            caller: Caller::new(dial, address.into(), context.codecs.clone()),
            acknowledged: BTreeMap::new(),
            lost: false,
        }
    }

    fn forgot(&self) -> ComponentError {
        ComponentError::retry(format!(
            "the sink at `{}` was started anew and holds less than it had written",
            self.caller.address
        ))
    }

    /// What of the batches a sink with these positions does not hold yet.
    fn rest(&mut self, batches: &[Batch], held: &BTreeMap<ComponentId, u64>) -> Vec<Batch> {
        let holds = |source: &ComponentId| held.get(source).copied();
        self.lost = self
            .acknowledged
            .iter()
            .any(|(source, at)| holds(source).is_none_or(|held| held < *at));
        batches
            .iter()
            .filter_map(|batch| match holds(batch.source()) {
                Some(held) if batch.through() <= held => None,
                Some(held) => {
                    let events = batch.events().iter();
                    let events = events.filter(|event| event.sequence() > held).cloned();
                    let source = batch.source().clone();
                    Some(Batch::new(source, batch.through(), events.collect()))
                }
                None => Some(batch.clone()),
            })
            .collect()
    }
}

#[async_trait]
impl Sink for DataSink {
    async fn open(&mut self, open: &OpenSink) -> Result<Held, ComponentError> {
        describe(&self.caller.dial, &self.caller.address, Role::Sink).await?;
        let sources = open.sources.iter();
        let sources = sources.map(|(id, fingerprint)| (id.to_string(), fingerprint.clone()));
        let opened = self.caller.open(sources.collect()).await?;
        let Some(held) = opened.held else {
            return Ok(Held::Unknown);
        };
        let held = positions(held)?;
        self.acknowledged.clone_from(&held);
        Ok(Held::Positions(held))
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let mut rest = batches.to_vec();
        while !rest.is_empty() {
            if self.lost {
                return Err(self.forgot());
            }
            match self.caller.call(&rest).await? {
                Answer::Unchanged => break,
                Answer::Output(_) => {
                    return Err(ComponentError::stop(format!(
                        "`{}` does not keep the protocol: a sink gives events",
                        self.caller.address
                    )));
                }
                Answer::Anew(opened) => {
                    // One that keeps no positions is given the call again (K4).
                    if let Some(held) = opened.held {
                        rest = self.rest(&rest, &positions(held)?);
                    }
                }
            }
        }
        if self.lost {
            return Err(self.forgot());
        }
        for batch in batches {
            let at = self.acknowledged.entry(batch.source().clone()).or_default();
            *at = batch.through().max(*at);
        }
        Ok(())
    }

    async fn reset(&mut self) -> Result<(), ComponentError> {
        reset(&self.caller.dial, &self.caller.address).await
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.caller.close().await
    }
}

fn positions(held: BTreeMap<String, u64>) -> Result<BTreeMap<ComponentId, u64>, ComponentError> {
    held.into_iter()
        .map(|(id, at)| match id.parse() {
            Ok(id) => Ok((id, at)),
            Err(error) => {
                let message = format!("the sink holds a position of `{id}`, which is no component");
                Err(ComponentError::stop(message).caused_by(error))
            }
        })
        .collect()
}
