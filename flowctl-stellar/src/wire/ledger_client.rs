use std::fmt;

use async_trait::async_trait;
use flowctl_core::{
    BoxError,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
    event::SourceBatch,
};
use flowctl_grpc::{
    dial::Connection,
    proto::raw_ledger::{
        RawLedger as Sent, StreamLedgersRequest, raw_ledger_service_client::RawLedgerServiceClient,
    },
};
use tonic::{Response, Status, Streaming};

use super::{Batches, Call, ClientConfig, MakeBatches, Pull, Said};
use crate::{
    Network,
    format::RawLedger,
    ledger::Gaps,
    source::{Chunk, Feed, LedgerChecks, fingerprint, ledger_event_type},
};

/// Reads ledgers from a `RawLedgerService`.
///
/// One ledger is one event, as in every source of ledgers: the bytes untouched, the ledger's sequence,
/// continuity, hash chain and network checked, the last hash in the cursor. The service has no last ledger;
/// this source ends after its own. A stream that breaks, or is silent while the server does not answer, is
/// asked for again from the next ledger on, for as long as
/// [`Dial::give_up_after`](flowctl_grpc::Dial) says; then it is an error that may pass.
pub struct LedgerClient {
    config: ClientConfig,
    network: Network,
    context: ComponentContext,
    batches: Batches,
}

impl LedgerClient {
    /// A source as `config` says. Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// When the network is not known.
    pub fn new(config: ClientConfig, context: ComponentContext) -> Result<Self, ComponentError> {
        let network = config.network.clone().ok_or_else(|| {
            ComponentError::stop("nothing says which network the ledgers are of").help(
                "set NETWORK_PASSPHRASE or STELLAR_NETWORK of the component, or `network` in `config`",
            )
        })?;
        Ok(Self {
            config,
            network,
            context,
            batches: Batches::closed(),
        })
    }
}

#[async_trait]
impl Source for LedgerClient {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        // Not the address: it changes with every start of a program.
        let fingerprint = fingerprint(&self.network, "ledger-service");
        Ok(SourceIdentity::new(fingerprint))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.batches = Batches::closed();
        let Some(range) = self.config.range.after(&resume) else {
            return Ok(());
        };
        let meter = self.context.meter.clone();
        let reader = Reader {
            pull: Pull::new(&self.config, &self.context),
            checks: LedgerChecks::new(self.network.clone(), Gaps::Error, range, &resume, meter),
            chunk: Chunk::new(ledger_event_type()?, Feed::MAX_LEDGERS),
            first: range.start(),
            end: range.end(),
            failed: None,
        };
        self.batches = Batches::of(reader);
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        self.batches.next().await
    }

    fn tip(&self) -> Option<u64> {
        self.config.range.end().map(u64::from)
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.batches = Batches::closed();
        Ok(())
    }
}

impl fmt::Debug for LedgerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerClient")
            .field("config", &self.config)
            .field("open", &self.batches.is_open())
            .finish_non_exhaustive()
    }
}

/// Ledgers on their way from a stream into batches.
struct Reader {
    pull: Pull<Sent>,
    checks: LedgerChecks,
    chunk: Chunk,
    /// The ledger that comes next; `None`: whichever the server begins with.
    first: Option<u32>,
    end: Option<u32>,
    /// What is told after what is good.
    failed: Option<ComponentError>,
}

impl MakeBatches for Reader {
    async fn batch(&mut self) -> Result<Option<SourceBatch>, ComponentError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while !self.is_done() {
            let call = LedgerCall {
                start: self.first.unwrap_or(0),
            };
            match self.pull.next(&call).await? {
                Said::Began(_) => {}
                Said::Ended => self.pull.ended_early().await?,
                Said::Message(sent) => {
                    let mut full = self.take(sent)?;
                    while !full
                        && !self.is_done()
                        && let Some(sent) = self.pull.now()
                    {
                        match self.take(sent) {
                            Ok(now) => full = now,
                            Err(error) => {
                                self.failed = Some(error);
                                break;
                            }
                        }
                    }
                    return Ok(self.chunk.take());
                }
            }
        }
        Ok(None)
    }
}

impl Reader {
    fn is_done(&self) -> bool {
        match (self.first, self.end) {
            (Some(first), Some(end)) => first > end,
            _ => false,
        }
    }

    /// Checks a ledger and puts it into the batch; `true`: the batch is full.
    fn take(&mut self, sent: Sent) -> Result<bool, ComponentError> {
        let refuse = |sequence: u32, why: BoxError| {
            let address = self.pull.address();
            let message = format!("ledger {sequence} from `{address}` is refused");
            ComponentError::stop(message).caused_by(why)
        };
        let ledger = RawLedger::new(sent.ledger_close_meta_xdr)
            .map_err(|error| refuse(sent.sequence, error.into()))?;
        let sequence = ledger.header.sequence;
        if sequence != sent.sequence {
            let why = format!("it says that it is ledger {sequence}");
            return Err(refuse(sent.sequence, why.into()));
        }
        if let Some(first) = self.first
            && sequence < first
        {
            let why = format!("ledger {first} was asked for");
            return Err(refuse(sequence, why.into()));
        }
        self.checks.admit(&ledger)?;
        self.first = Some(sequence.saturating_add(1));
        Ok(self.chunk.push(ledger))
    }
}

/// Asks for ledgers.
struct LedgerCall {
    start: u32,
}

#[async_trait]
impl Call for LedgerCall {
    type Message = Sent;

    async fn call(
        &self,
        connection: Connection,
        max_message: usize,
    ) -> Result<Response<Streaming<Sent>>, Status> {
        let mut client =
            RawLedgerServiceClient::new(connection).max_decoding_message_size(max_message);
        let start_ledger = self.start;
        client
            .stream_raw_ledgers(StreamLedgersRequest { start_ledger })
            .await
    }
}
