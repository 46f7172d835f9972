use async_trait::async_trait;
use flowctl_core::{
    EventType,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
};
use tokio::task;

use super::{LedgerFilesConfig, index::LedgerIndex, merge::Merge};
use crate::{
    format::DEFAULT_MAX_LEDGER_BYTES,
    ledger::Gaps,
    source::{Feed, LedgerChecks, LedgerRange, fingerprint, ledger_event_type},
};

/// Hands out the ledgers in files, by sequence, whatever the files are called and however the ledgers
/// lie in them; see [`format`](crate::format) for what is read.
///
/// All headers are read once before the first ledger is handed out, to learn which ledgers are where.
/// Every ledger that is handed out was walked through to its end, with nothing behind it.
/// A ledger that is in two files is handed out once if both hold the same bytes, and is an error if
/// not. What is held in memory is independent of how many ledgers there are, up to about 100 bytes a
/// file.
#[derive(Debug)]
pub struct LedgerFiles {
    config: LedgerFilesConfig,
    context: ComponentContext,
    event_type: EventType,
    index: LedgerIndex,
    feed: Option<Feed>,
}

impl LedgerFiles {
    /// A source of the ledgers that `config` names. Touches no file yet.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(
        config: LedgerFilesConfig,
        context: ComponentContext,
    ) -> Result<Self, ComponentError> {
        let event_type = ledger_event_type()?;
        Ok(Self {
            config,
            context,
            event_type,
            index: LedgerIndex::default(),
            feed: None,
        })
    }

    /// The first and last ledger to read of `range`, or why they cannot be.
    fn wanted(&self, range: LedgerRange) -> Result<(u32, u32), ComponentError> {
        let (Some(first), Some(last)) = (self.index.first(), self.index.last()) else {
            return Err(ComponentError::stop("the files hold no ledger"));
        };
        match range.end() {
            Some(end) if end > last && self.config.gaps == Gaps::Error => {
                return Err(ComponentError::stop(format!(
                    "the files end with ledger {last}, before `end_ledger` {end}"
                ))
                .help("supply the missing ledgers, lower `end_ledger`, or set `gaps: allow`"));
            }
            _ => {}
        }
        Ok((range.start().unwrap_or(first), range.end().unwrap_or(last)))
    }
}

#[async_trait]
impl Source for LedgerFiles {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let paths = self.config.paths.clone();
        let built =
            task::spawn_blocking(move || LedgerIndex::build(&paths, DEFAULT_MAX_LEDGER_BYTES));
        self.index = built.await.map_err(|error| {
            ComponentError::new("the thread that looks through the files ended").caused_by(error)
        })??;
        Ok(SourceIdentity::new(fingerprint(
            &self.config.network,
            "ledger-files",
        )))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.feed = None;
        let Some(range) = self.config.range.after(&resume) else {
            return Ok(());
        };
        let (first, last) = self.wanted(range)?;
        if first > last {
            // Resuming behind all there is means that there is nothing left to do.
            return if resume.after.is_some() {
                Ok(())
            } else {
                Err(ComponentError::stop(format!(
                    "the files end with ledger {last}, before `start_ledger` {first}"
                )))
            };
        }
        let gaps = self.config.gaps;
        let meter = self.context.meter.clone();
        let checks = LedgerChecks::new(self.config.network.clone(), gaps, range, &resume, meter);
        let ledgers = Merge::new(&self.index, first..=last, DEFAULT_MAX_LEDGER_BYTES);
        let end = range.end();
        self.feed = Some(Feed::start(
            self.event_type.clone(),
            ledgers,
            checks,
            Feed::MAX_LEDGERS,
            move |checks| finish(checks, end),
        ));
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        match &mut self.feed {
            Some(feed) => feed.next().await,
            None => Ok(Next::End),
        }
    }

    fn tip(&self) -> Option<u64> {
        let last = self.index.last()?;
        Some(
            self.config
                .range
                .end()
                .map_or(last, |end| end.min(last))
                .into(),
        )
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.feed = None;
        Ok(())
    }
}

/// Judges where the ledgers ended: a hole before the end of the range is one like any other.
fn finish(checks: &LedgerChecks, end: Option<u32>) -> Result<(), ComponentError> {
    match (checks.last(), end, checks.gaps()) {
        (Some(last), Some(end), _) if last >= end => Ok(()),
        (_, None, _) => Ok(()),
        (_, Some(_), Gaps::Allow) => {
            checks.gap();
            Ok(())
        }
        (_, Some(end), Gaps::Error) => Err(ComponentError::stop(format!(
            "the files have no ledger {end}, the end of the range"
        ))),
    }
}
