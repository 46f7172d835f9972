use async_trait::async_trait;
use flowctl_core::{
    EventType,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
};

use super::{SimulatedConfig, pace::Pace, simulation::Simulation};
use crate::{
    Hash,
    ledger::Gaps,
    simulated::{FIRST_LEDGER, FORMAT, SimulatedNetwork},
    source::{Feed, LedgerChecks, fingerprint, ledger_event_type},
};

/// Hands out the ledgers of a [`SimulatedNetwork`]: the same ones for the same options, always.
///
/// To begin far from the start, or to resume there, all ledgers before are made again without being
/// written, which takes a moment per ten thousand ledgers.
#[derive(Debug)]
pub struct Simulated {
    config: SimulatedConfig,
    context: ComponentContext,
    event_type: EventType,
    feed: Option<Feed>,
    pace: Option<Pace>,
}

impl Simulated {
    /// A source as `config` says.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(config: SimulatedConfig, context: ComponentContext) -> Result<Self, ComponentError> {
        let event_type = ledger_event_type()?;
        Ok(Self {
            config,
            context,
            event_type,
            feed: None,
            pace: None,
        })
    }
}

#[async_trait]
impl Source for Simulated {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        // Everything that decides the bytes is in the options, and their text names all of them.
        let options = Hash::of(format!("{FORMAT} {:?}", self.config.options)).to_string();
        let options = options.get(..8).unwrap_or(&options);
        let origin = format!("simulated:{}:{options}", self.config.options.seed);
        Ok(SourceIdentity::new(fingerprint(
            &SimulatedNetwork::network(),
            &origin,
        )))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        (self.feed, self.pace) = (None, Pace::new(self.config.interval));
        let Some(range) = self.config.range.after(&resume) else {
            return Ok(());
        };
        let network = SimulatedNetwork::new(self.config.options.clone()).map_err(|error| {
            ComponentError::stop("there is no such simulated network").caused_by(error)
        })?;
        let simulation = Simulation {
            network,
            start: range.start().unwrap_or(FIRST_LEDGER),
            end: range.end(),
            cancellation: self.context.cancellation.clone(),
        };
        let meter = self.context.meter.clone();
        let checks = LedgerChecks::new(
            SimulatedNetwork::network(),
            Gaps::Error,
            range,
            &resume,
            meter,
        );
        let batch = if self.pace.is_some() {
            1
        } else {
            Feed::MAX_LEDGERS
        };
        let event_type = self.event_type.clone();
        self.feed = Some(Feed::start(event_type, simulation, checks, batch, |_| {
            Ok(())
        }));
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let Some(feed) = &mut self.feed else {
            return Ok(Next::End);
        };
        if let Some(pace) = &mut self.pace {
            if pace.says_idle() {
                return Ok(Next::Idle);
            }
            pace.wait().await;
        }
        let next = feed.next().await?;
        if let Some(pace) = &mut self.pace {
            pace.handed_out();
        }
        Ok(next)
    }

    fn tip(&self) -> Option<u64> {
        self.config.range.end().map(u64::from)
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.feed = None;
        Ok(())
    }
}
