use std::{collections::VecDeque, time::Duration};

use async_trait::async_trait;
use flowctl_core::{
    EventType,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
    event::SourceBatch,
};
use tokio::time::{Instant, sleep_until};

use super::{LakeConfig, LakeSchema, manifest::settle, prefetch::Prefetch, store::LakeStore};
use crate::{
    Network,
    format::RawLedger,
    ledger::Gaps,
    source::{Chunk, Feed, LedgerChecks, LedgerRange, fingerprint, ledger_event_type},
};

/// The first ledger that a network's lake can hold.
const FIRST_LEDGER: u32 = 2;
/// The shortest time between two looks for an object.
const SHORTEST_POLL: Duration = Duration::from_millis(250);

/// Hands out the ledgers of a data lake as Galexie fills them.
///
/// Objects are fetched and uncompressed ahead, [`prefetch`](LakeConfig::prefetch) at a time. An object
/// that is not there is an error where the range has an end. Where it has none it is the tip: the
/// source says that it is idle and looks again, first after 250 ms, then less and less often up to
/// every [`poll_interval`](LakeConfig::poll_interval). An object must hold exactly the ledgers that its
/// key says, all of them whole.
#[derive(Debug)]
pub struct Lake {
    config: LakeConfig,
    context: ComponentContext,
    event_type: EventType,
    lake: Option<(LakeStore, Network, LakeSchema)>,
    reading: Option<Reading>,
}

/// A lake that is being read.
#[derive(Debug)]
struct Reading {
    range: LedgerRange,
    prefetch: Prefetch,
    checks: LedgerChecks,
    /// Ledgers of the last object that were not handed out yet.
    ledgers: VecDeque<RawLedger>,
    wait: Option<Wait>,
}

/// The wait for an object at the tip.
#[derive(Debug)]
struct Wait {
    until: Instant,
    pause: Duration,
}

impl Lake {
    /// A source as `config` says. Touches no object yet.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(config: LakeConfig, context: ComponentContext) -> Result<Self, ComponentError> {
        let event_type = ledger_event_type()?;
        Ok(Self {
            config,
            context,
            event_type,
            lake: None,
            reading: None,
        })
    }
}

#[async_trait]
impl Source for Lake {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let store = LakeStore::open(&self.config.url)?;
        let manifest = store.manifest().await?;
        let (network, schema) = settle(manifest.as_ref(), &self.config).map_err(|problem| {
            ComponentError::stop(format!(
                "the lake at `{}` cannot be read: {problem}",
                self.config.url
            ))
        })?;
        let identity = SourceIdentity::new(fingerprint(&network, "lake"));
        self.lake = Some((store, network, schema));
        Ok(identity)
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.reading = None;
        if self.lake.is_none() {
            self.identify().await?;
        }
        let (Some(range), Some((store, network, schema))) =
            (self.config.range.after(&resume), self.lake.clone())
        else {
            return Ok(());
        };
        let start = range.start().unwrap_or(FIRST_LEDGER).max(FIRST_LEDGER);
        let prefetch = Prefetch::new(store, schema, self.config.prefetch, start, range.end());
        let meter = self.context.meter.clone();
        let range = LedgerRange::new(Some(start), range.end()).unwrap_or(range);
        let checks = LedgerChecks::new(network, Gaps::Error, range, &resume, meter);
        self.reading = Some(Reading {
            range,
            prefetch,
            checks,
            ledgers: VecDeque::new(),
            wait: None,
        });
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let Some(reading) = &mut self.reading else {
            return Ok(Next::End);
        };
        loop {
            if let Some(batch) = reading.take_batch(&self.event_type)? {
                return Ok(Next::Batch(batch));
            }
            if let Some(wait) = &reading.wait {
                sleep_until(wait.until).await;
            }
            match reading.prefetch.next().await {
                None => return Ok(Next::End),
                Some(Err(error)) => return Err(error),
                Some(Ok(Some(ledgers))) => {
                    reading.wait = None;
                    let range = reading.range;
                    let wanted = |ledger: &RawLedger| range.contains(ledger.header.sequence);
                    reading.ledgers = ledgers.into_iter().filter(wanted).collect();
                    while reading.ledgers.len() < Feed::MAX_LEDGERS
                        && let Some(more) = reading.prefetch.take_arrived()
                    {
                        reading.ledgers.extend(more.into_iter().filter(wanted));
                    }
                }
                Some(Ok(None)) if reading.range.end().is_some() => {
                    return Err(missing(self.lake.as_ref(), reading.prefetch.next_start()));
                }
                Some(Ok(None)) => {
                    let first = reading.wait.is_none();
                    let pause = reading
                        .wait
                        .as_ref()
                        .map_or(SHORTEST_POLL, |wait| wait.pause * 2);
                    let pause = pause.min(self.config.poll_interval);
                    reading.wait = Some(Wait {
                        until: Instant::now() + pause,
                        pause,
                    });
                    if first {
                        return Ok(Next::Idle);
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.reading = None;
        Ok(())
    }
}

impl Reading {
    /// What is at hand as one batch. Good ledgers are handed out before one that is refused.
    fn take_batch(
        &mut self,
        event_type: &EventType,
    ) -> Result<Option<SourceBatch>, ComponentError> {
        let mut chunk = Chunk::new(event_type.clone(), Feed::MAX_LEDGERS);
        while let Some(ledger) = self.ledgers.pop_front() {
            match self.checks.admit(&ledger) {
                Ok(()) => {
                    if chunk.push(ledger) {
                        break;
                    }
                }
                Err(error) => match chunk.take() {
                    Some(batch) => {
                        self.ledgers.push_front(ledger);
                        return Ok(Some(batch));
                    }
                    None => return Err(error),
                },
            }
        }
        Ok(chunk.take())
    }
}

fn missing(
    lake: Option<&(LakeStore, Network, LakeSchema)>,
    sequence: Option<u32>,
) -> ComponentError {
    let name = lake.zip(sequence).map(|((store, _, schema), sequence)| {
        store.name(&(schema.key(sequence) + super::schema::SUFFIXES[0]))
    });
    ComponentError::stop(format!(
        "the object `{}` is missing",
        name.unwrap_or_default()
    ))
    .help("lower `end_ledger`, or leave it out to wait for objects at the tip")
}
