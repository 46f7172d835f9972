use async_trait::async_trait;
use flowctl_core::{
    EventType,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    StellarRpcConfig,
    look::{Found, Place, look},
};
use crate::{
    Network,
    ledger::Gaps,
    rpc::{RpcClient, RpcError, RpcSettings, RpcUrl},
    source::{LedgerChecks, LedgerRange, Pending, fingerprint, ledger_event_type},
};

/// Hands out the ledgers of a Stellar RPC server (`getLedgers`), and waits for the next at the newest.
///
/// The server must be of the network that the configuration says. Answers have at most 64 MiB; where
/// one is larger, fewer ledgers are asked for from then on. Calls are made again, with full jitter, up
/// to five times; then the runner hears of it and goes on trying as the pipeline says. A ledger that the
/// server does not keep any more is an error that says which it has. While one page is handed out, the
/// next is on its way.
///
/// Without a start it begins with the newest ledger at the time.
#[derive(Debug)]
pub struct StellarRpc {
    config: StellarRpcConfig,
    context: ComponentContext,
    event_type: EventType,
    server: Option<(RpcClient, Network)>,
    reading: Option<Reading>,
}

/// A server that is being read.
#[derive(Debug)]
struct Reading {
    client: RpcClient,
    place: Place,
    end: Option<u32>,
    checks: LedgerChecks,
    ledgers: Pending,
    /// The look that is under way. Dropping it ends it.
    looking: JoinSet<Result<Found, RpcError>>,
    wait: Option<Wait>,
}

/// The next ledger is not there yet.
#[derive(Debug)]
struct Wait {
    until: Instant,
    /// Whether it was said.
    told: bool,
}

impl StellarRpc {
    /// A source as `config` says. Calls nobody yet.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(
        config: StellarRpcConfig,
        context: ComponentContext,
    ) -> Result<Self, ComponentError> {
        let event_type = ledger_event_type()?;
        Ok(Self {
            config,
            context,
            event_type,
            server: None,
            reading: None,
        })
    }

    fn client(&self) -> Result<RpcClient, ComponentError> {
        let wrong = |key: &str, problem: String| {
            ComponentError::stop(format!("`{key}` of a Stellar RPC server: {problem}"))
        };
        let config = &self.config;
        let url = RpcUrl::parse(&config.endpoint).map_err(|problem| wrong("endpoint", problem))?;
        let mut settings = RpcSettings::new(url);
        settings.patience = config.timeout;
        if let Some(text) = &config.authorization {
            let mut value: hyper::header::HeaderValue = text
                .parse()
                .map_err(|_| wrong("authorization", "it cannot stand in a header".to_owned()))?;
            value.set_sensitive(true);
            settings.authorization = Some(value);
        }
        RpcClient::new(settings)
            .map_err(|error| ComponentError::stop("there is no TLS").caused_by(error))
    }

    async fn connect(&self) -> Result<(RpcClient, Network), ComponentError> {
        let client = self.client()?;
        let network = client.network().await.map_err(component_error)?;
        match &self.config.network {
            Some(expected) if *expected != network => Err(ComponentError::stop(format!(
                "the server is of the network `{}`, not of `{}`",
                network.passphrase(),
                expected.passphrase()
            ))
            .help("change `endpoint`, or `network` or `network_passphrase`, so that they fit")),
            _ => Ok((client, network)),
        }
    }
}

#[async_trait]
impl Source for StellarRpc {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let (client, network) = self.connect().await?;
        let identity = SourceIdentity::new(fingerprint(&network, "rpc"));
        self.server = Some((client, network));
        Ok(identity)
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.reading = None;
        let (client, network) = match &self.server {
            Some(server) => server.clone(),
            None => self.server.insert(self.connect().await?).clone(),
        };
        let Some(range) = self.config.range.after(&resume) else {
            return Ok(());
        };
        let (start, latest) = match range.start() {
            Some(start) => (start, 0),
            None => {
                let latest = client.latest_ledger().await.map_err(component_error)?;
                (latest, latest)
            }
        };
        // An end that lies behind the newest ledger leaves nothing of the range.
        let Ok(range) = LedgerRange::new(Some(start), range.end()) else {
            return Ok(());
        };
        let meter = self.context.meter.clone();
        self.reading = Some(Reading {
            client,
            place: Place {
                next: start,
                continues: false,
                latest,
                limit: self.config.batch.get(),
            },
            end: range.end(),
            checks: LedgerChecks::new(network, Gaps::Error, range, &resume, meter),
            ledgers: Pending::default(),
            looking: JoinSet::new(),
            wait: None,
        });
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let Some(reading) = &mut self.reading else {
            return Ok(Next::End);
        };
        loop {
            let batch = reading
                .ledgers
                .take_batch(&mut reading.checks, &self.event_type)?;
            if let Some(batch) = batch {
                return Ok(Next::Batch(batch));
            }
            if reading.is_over() {
                return Ok(Next::End);
            }
            if let Some(wait) = &mut reading.wait {
                if !std::mem::replace(&mut wait.told, true) {
                    return Ok(Next::Idle);
                }
                sleep_until(wait.until).await;
            }
            reading.look_ahead();
            match reading.looking.join_next().await {
                Some(Ok(Ok(Found::Page(page, limit)))) => {
                    reading.place.limit = limit;
                    reading.take(page.ledgers, page.latest)?;
                }
                Some(Ok(Ok(Found::NotYet(latest)))) => {
                    reading.place.latest = latest;
                    let told = reading.wait.take().is_some_and(|wait| wait.told);
                    let until = Instant::now() + self.config.poll_interval;
                    reading.wait = Some(Wait { until, told });
                }
                Some(Ok(Err(error))) => return Err(component_error(error)),
                // It was cut off; it is begun anew.
                Some(Err(error)) => {
                    let cut = ComponentError::retry("a call has ended without a result");
                    return Err(cut.caused_by(error));
                }
                None => {}
            }
        }
    }

    fn tip(&self) -> Option<u64> {
        let latest = self.reading.as_ref()?.place.latest;
        (latest > 0).then(|| latest.into())
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.reading = None;
        Ok(())
    }
}

impl Reading {
    /// Whether all that is wanted was handed out.
    fn is_over(&self) -> bool {
        self.ledgers.len() == 0 && self.end.is_some_and(|end| self.place.next > end)
    }

    /// Begins to look for what comes next, unless that is under way.
    fn look_ahead(&mut self) {
        if self.looking.is_empty() {
            let (client, mut place) = (self.client.clone(), self.place);
            if let Some(end) = self.end {
                // Not more than is wanted.
                let left = end.saturating_sub(place.next).saturating_add(1);
                place.limit = place.limit.min(left);
            }
            self.looking
                .spawn(async move { look(&client, place).await });
        }
    }

    /// Takes a page in, and begins to look for the next where there is one.
    fn take(
        &mut self,
        ledgers: Vec<crate::format::RawLedger>,
        latest: u32,
    ) -> Result<(), ComponentError> {
        let end = self.end;
        let wanted = ledgers
            .into_iter()
            .filter(|ledger| end.is_none_or(|end| ledger.header.sequence <= end));
        let before = self.ledgers.len();
        self.ledgers.extend(wanted);
        let count = u32::try_from(self.ledgers.len() - before).unwrap_or(u32::MAX);
        // The checks see to it that these are the ledgers that were asked for.
        let next = self.place.next.checked_add(count);
        self.place.next = next.ok_or_else(|| ComponentError::stop("there are no more ledgers"))?;
        self.place.continues = true;
        self.place.latest = latest;
        self.wait = None;
        if self.place.next <= latest && self.end.is_none_or(|end| self.place.next <= end) {
            self.look_ahead();
        }
        Ok(())
    }
}

/// The error as the source reports it.
fn component_error(error: RpcError) -> ComponentError {
    let message = "the Stellar RPC server gave no ledgers";
    let help = error.help();
    let reported = if error.is_transient() || error.is_too_much() {
        ComponentError::retry(message)
    } else {
        ComponentError::stop(message)
    };
    let reported = reported.caused_by(error);
    match help {
        Some(help) => reported.help(help),
        None => reported,
    }
}
