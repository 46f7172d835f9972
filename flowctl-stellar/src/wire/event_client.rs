use std::{
    fmt,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use flowctl_core::{
    BoxError, EventType, Path,
    component::{ComponentContext, ComponentError, Next, Resume, Source, SourceIdentity},
    event::{Event, Position, SourceBatch},
};
use flowctl_grpc::dial::Connection;
use tonic::{
    Request, Response, Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    metadata::{MetadataMap, MetadataValue},
};

use super::{
    Assembly, Batches, Call, ClientConfig, GET_EVENTS, MARKS, MakeBatches, Message, NETWORK_ID,
    Pull, RawCodec, Said, Whole, message,
};
use crate::{
    Network,
    processor::{TOKEN_TRANSFER_EVENT_TYPE, payload},
    source::fingerprint,
    token_transfer::TokenTransferEvent,
};

/// As many events make one batch, if they are there already.
const MAX_EVENTS: usize = 1024;

/// Reads token-transfer events from an `EventService`.
///
/// The events come as they would from `ttp-processor` in this process: the sequence is the ledger's, the
/// path is the place among the ledger's events, positions are ledgers. A ledger is handed out when it is
/// known to be complete; a stream that breaks is asked for again from the first ledger that is not, for as
/// long as [`Dial::give_up_after`](flowctl_grpc::Dial) says; then it is an error that may pass. So
/// nothing is lost and nothing comes twice, whenever either end dies.
///
/// The end of a bounded range is the end of the source.
pub struct EventClient {
    config: ClientConfig,
    context: ComponentContext,
    event_type: EventType,
    batches: Batches,
}

impl EventClient {
    /// A source as `config` says. Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(config: ClientConfig, context: ComponentContext) -> Result<Self, ComponentError> {
        let event_type = TOKEN_TRANSFER_EVENT_TYPE.parse().map_err(|error| {
            ComponentError::stop("the event type is not valid").caused_by(error)
        })?;
        Ok(Self {
            config,
            context,
            event_type,
            batches: Batches::closed(),
        })
    }
}

#[async_trait]
impl Source for EventClient {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        const ORIGIN: &str = "token-transfer-service";
        // Not the address: it changes with every start of a program.
        let fingerprint = match &self.config.network {
            Some(network) => fingerprint(network, ORIGIN),
            None => format!("stellar:any:{ORIGIN}"),
        };
        Ok(SourceIdentity::new(fingerprint))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.batches = Batches::closed();
        let Some(range) = self.config.range.after(&resume) else {
            return Ok(());
        };
        let reader = Reader {
            pull: Pull::new(&self.config, &self.context),
            assembly: Assembly::new(range.start(), range.end()),
            network: self.config.network.clone(),
            event_type: self.event_type.clone(),
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

impl fmt::Debug for EventClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventClient")
            .field("config", &self.config)
            .field("open", &self.batches.is_open())
            .finish_non_exhaustive()
    }
}

/// Events on their way from a stream into batches.
struct Reader {
    pull: Pull<Bytes>,
    assembly: Assembly,
    network: Option<Network>,
    event_type: EventType,
    /// What is told after what is good.
    failed: Option<ComponentError>,
}

impl MakeBatches for Reader {
    async fn batch(&mut self) -> Result<Option<SourceBatch>, ComponentError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while !self.assembly.is_done() {
            let call = EventCall {
                start: self.assembly.first().unwrap_or(0),
                end: self.assembly.end().unwrap_or(0),
            };
            match self.pull.next(&call).await? {
                Said::Began(headers) => {
                    self.check_network(&headers)?;
                    self.assembly.begin();
                }
                Said::Ended => match self.assembly.finish() {
                    Some(whole) => return Ok(Some(self.source_batch(vec![whole]))),
                    None => self.pull.ended_early().await?,
                },
                Said::Message(bytes) => {
                    if let Some(whole) = self.take(&bytes)? {
                        let wholes = self.with_what_is_there(whole);
                        return Ok(Some(self.source_batch(wholes)));
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Reader {
    /// The stretch, with those that can be had without waiting.
    fn with_what_is_there(&mut self, whole: Whole) -> Vec<Whole> {
        let mut events = whole.events.len();
        let mut wholes = vec![whole];
        while events < MAX_EVENTS
            && wholes.len() < MAX_EVENTS
            && let Some(bytes) = self.pull.now()
        {
            match self.take(&bytes) {
                Ok(None) => {}
                Ok(Some(whole)) => {
                    events += whole.events.len();
                    wholes.push(whole);
                }
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        wholes
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Option<Whole>, ComponentError> {
        let refuse = |why: BoxError| {
            let address = self.pull.address();
            ComponentError::stop(format!("what `{address}` sends is refused")).caused_by(why)
        };
        match Message::read(bytes).map_err(refuse)? {
            Message::Event(event) => self.assembly.event(*event),
            Message::Mark(ledger) => self.assembly.mark(ledger).map(Some),
        }
        .map_err(|error| refuse(error.into()))
    }

    fn source_batch(&self, wholes: Vec<Whole>) -> SourceBatch {
        let through = wholes.last().map_or(0, |whole| whole.through);
        let events = wholes.into_iter().flat_map(|whole| (0..).zip(whole.events));
        let events = events.map(|(index, transfer)| self.event(index, transfer));
        SourceBatch::new(events.collect(), Position::at(through.into()))
    }

    fn event(&self, index: u32, transfer: TokenTransferEvent) -> Event {
        let sequence = transfer.meta.ledger_sequence.into();
        let closed_at = Duration::from_secs(transfer.meta.closed_at_seconds);
        let event = Event::new(self.event_type.clone(), sequence, payload(transfer));
        let event = event.with_path(Path::root().child(index));
        match SystemTime::UNIX_EPOCH.checked_add(closed_at) {
            Some(closed_at) => event.at(closed_at),
            None => event,
        }
    }

    /// Refuses a server that says that it is of another network.
    fn check_network(&self, headers: &MetadataMap) -> Result<(), ComponentError> {
        let said = headers.get(NETWORK_ID).and_then(|id| id.to_str().ok());
        let (Some(said), Some(network)) = (said, &self.network) else {
            return Ok(());
        };
        if said == network.id().to_string() {
            return Ok(());
        }
        let known = Network::names().filter_map(Network::named);
        let fits = known
            .into_iter()
            .find(|known| known.id().to_string() == said);
        let said = fits.map_or_else(
            || format!("with the id {said}"),
            |network| format!("`{}`", network.passphrase()),
        );
        let address = self.pull.address();
        let passphrase = network.passphrase();
        Err(ComponentError::stop(format!(
            "`{address}` serves the network {said}, not `{passphrase}`"
        ))
        .help("set the same NETWORK_PASSPHRASE for both ends"))
    }
}

/// Asks for events.
struct EventCall {
    start: u32,
    end: u32,
}

#[async_trait]
impl Call for EventCall {
    type Message = Bytes;

    async fn call(
        &self,
        connection: Connection,
        max_message: usize,
    ) -> Result<Response<Streaming<Bytes>>, Status> {
        let mut grpc = Grpc::new(connection).max_decoding_message_size(max_message);
        let not_ready = |error| Status::unavailable(format!("{error}"));
        grpc.ready().await.map_err(not_ready)?;
        let (start, end) = (self.start, self.end);
        let mut request = Request::new(message::Request { start, end }.write());
        let asked = MetadataValue::from_static("1");
        request.metadata_mut().insert(MARKS, asked);
        let path = PathAndQuery::from_static(GET_EVENTS);
        grpc.server_streaming(request, path, RawCodec).await
    }
}
