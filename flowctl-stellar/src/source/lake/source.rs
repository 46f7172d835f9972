use std::time::Duration;

use async_trait::async_trait;
use flowctl_core::{
    EventType,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
};

use super::{
    LakeConfig, LakeSchema, manifest::settle, object::Object, prefetch::Prefetch, store::LakeStore,
    wait::Wait,
};
use crate::{
    Network,
    format::RawLedger,
    ledger::Gaps,
    source::{Feed, LedgerChecks, LedgerRange, Pending, fingerprint, ledger_event_type},
};

/// The first ledger that a network's lake can hold.
const FIRST_LEDGER: u32 = 2;

/// Hands out the ledgers of a data lake as Galexie fills them.
///
/// Objects are fetched and uncompressed ahead, [`prefetch`](LakeConfig::prefetch) at a time, fewer where
/// one holds many ledgers. An object must hold exactly the ledgers that its key says, all of them whole,
/// and at most 1 GiB of them.
///
/// An object that is not there is an error where the range has an end. Where it has none it is the tip:
/// the source says that it is idle and looks again, first after 250 ms, then less and less often up to
/// every [`poll_interval`](LakeConfig::poll_interval). It is an error all the same once a later object is
/// there at two looks. A damaged object at the tip may be one that is still being written: it is an error
/// once it stays as it is for two looks.
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
    ledgers: Pending,
    wait: Option<Wait>,
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
            ledgers: Pending::default(),
            wait: None,
        });
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let Some(reading) = &mut self.reading else {
            return Ok(Next::End);
        };
        loop {
            if let Some(batch) = reading
                .ledgers
                .take_batch(&mut reading.checks, &self.event_type)?
            {
                return Ok(Next::Batch(batch));
            }
            if let Some(wait) = &reading.wait {
                wait.pause().await;
            }
            match reading.prefetch.next().await {
                None => return Ok(Next::End),
                Some(Err(error)) => return Err(error),
                Some(Ok(Object::Ledgers(ledgers))) => {
                    reading.wait = None;
                    let range = reading.range;
                    let wanted = |ledger: &RawLedger| range.contains(ledger.header.sequence);
                    reading.ledgers.extend(ledgers.into_iter().filter(wanted));
                    while reading.ledgers.len() < Feed::MAX_LEDGERS
                        && let Some(more) = reading.prefetch.take_arrived()
                    {
                        reading.ledgers.extend(more.into_iter().filter(wanted));
                    }
                }
                Some(Ok(not_there)) => {
                    let lake = self.lake.as_ref();
                    if reading
                        .wait_for(not_there, lake, self.config.poll_interval)
                        .await?
                    {
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
    /// Decides whether to wait for an object that is not there, or not whole; `true`: the wait begins.
    async fn wait_for(
        &mut self,
        object: Object,
        lake: Option<&(LakeStore, Network, LakeSchema)>,
        poll_interval: Duration,
    ) -> Result<bool, ComponentError> {
        let (Some((store, _, schema)), Some(wanted)) = (lake, self.prefetch.next_start()) else {
            return Ok(false);
        };
        let has_end = self.range.end().is_some();
        let begins = self.wait.is_none();
        let wait = self.wait.get_or_insert_with(|| Wait::new(poll_interval));
        match object {
            Object::Ledgers(_) => return Ok(false),
            Object::Damaged { error, .. } if has_end => return Err(error),
            Object::Damaged { error, version } => wait.damaged(version, error)?,
            Object::Missing if has_end => {
                let name = store.object_name(*schema, wanted);
                return Err(
                    ComponentError::stop(format!("the object `{name}` is missing"))
                        .help("lower `end_ledger`, or leave it out to wait for objects at the tip"),
                );
            }
            Object::Missing => {
                let is_first = self.checks.last().is_none();
                wait.missing(store, *schema, wanted, is_first).await?;
            }
        }
        Ok(begins)
    }
}
