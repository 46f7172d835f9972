//! Servers, broken connections and clients for tests, all on loopback.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use flowctl_core::{
    Cancellation, ComponentContext,
    component::{ComponentError, Next, Processor, Resume, Source},
    event::{Codecs, Event, Position},
};
use flowctl_grpc::{
    Dial, GrpcServer, ServerSettings,
    proto::raw_ledger::{
        GetLedgerRangeRequest, GetLedgerRangeResponse, RawLedger as Sent, StreamLedgersRequest,
        raw_ledger_service_server::{RawLedgerService, RawLedgerServiceServer},
    },
};
use futures_util::{Stream, stream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tonic::{Request, Response, Status};

use crate::{
    Network,
    processor::{TtpProcessor, TtpProcessorConfig},
    simulated::{FIRST_LEDGER, Options, SimulatedNetwork},
    source::{LedgerRange, Simulated, SimulatedConfig},
    token_transfer::{Mode, TokenTransferEvent, TokenTransfers},
    wire::{ClientConfig, EventChain, EventServer},
};

pub(super) const SEED: u64 = 5;

pub(super) fn network() -> Network {
    SimulatedNetwork::network()
}

/// The ledgers from the first to `last`.
pub(super) fn ledgers(last: u32) -> Vec<(u32, Bytes)> {
    let network = SimulatedNetwork::new(Options::with_seed(SEED)).unwrap();
    let all = (FIRST_LEDGER..=last).zip(network);
    all.map(|(sequence, ledger)| (sequence, ledger.bytes))
        .collect()
}

/// What a client of events should hand out: ledger, place, JSON.
pub(super) fn events(last: u32) -> Vec<(u64, Vec<u32>, String)> {
    let mut transfers = TokenTransfers::new(network(), Mode::Auto);
    let mut all = Vec::new();
    for (sequence, bytes) in ledgers(last) {
        let found = transfers.events_of_xdr(&bytes).unwrap().events;
        let named = (0..).zip(found);
        all.extend(named.map(|(index, event)| (sequence.into(), vec![index], event.to_json())));
    }
    all
}

/// Something that serves until it is dropped.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    _task: JoinSet<()>,
}

async fn serve(server: GrpcServer) -> Serving {
    let listening = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listening.address();
    let mut task = JoinSet::new();
    task.spawn(async move { listening.serve(std::future::pending()).await.unwrap() });
    Serving {
        address,
        _task: task,
    }
}

/// Serves ledgers as an upstream source does: it goes on for ever, so the stream waits after the last.
pub(super) struct Ledgers(pub(super) Vec<(u32, Bytes)>);

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl RawLedgerService for Ledgers {
    type StreamRawLedgersStream = Answers<Sent>;

    async fn stream_raw_ledgers(
        &self,
        request: Request<StreamLedgersRequest>,
    ) -> Result<Response<Self::StreamRawLedgersStream>, Status> {
        let start = request.into_inner().start_ledger;
        let wanted = self.0.iter().filter(|(sequence, _)| *sequence >= start);
        let sent = wanted.map(|(sequence, bytes)| {
            Ok(Sent {
                sequence: *sequence,
                ledger_close_meta_xdr: bytes.clone(),
            })
        });
        let sent: Vec<_> = sent.collect();
        let endless = futures_util::StreamExt::chain(stream::iter(sent), stream::pending());
        Ok(Response::new(Box::pin(endless)))
    }

    async fn get_ledger_range(
        &self,
        _: Request<GetLedgerRangeRequest>,
    ) -> Result<Response<GetLedgerRangeResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

pub(super) async fn serve_ledgers(ledgers: Vec<(u32, Bytes)>) -> Serving {
    let service = RawLedgerServiceServer::new(Ledgers(ledgers));
    serve(GrpcServer::new(ServerSettings::default()).add(service)).await
}

/// Events of simulated ledgers, up to the last one of the network.
pub(super) struct Chain {
    pub(super) last: Option<u32>,
}

impl EventChain for Chain {
    fn source(&self, range: LedgerRange) -> Result<Box<dyn Source>, ComponentError> {
        let mut config = SimulatedConfig::new(Options::with_seed(SEED));
        let end = range.end().or(self.last);
        config.range = LedgerRange::new(range.start(), end)
            .map_err(|error| ComponentError::stop(error.to_string()))?;
        Ok(Box::new(Simulated::new(config, context())?))
    }

    fn processor(&self) -> Result<Box<dyn Processor>, ComponentError> {
        let config = TtpProcessorConfig::new(network());
        Ok(Box::new(TtpProcessor::new(config, context())?))
    }
}

pub(super) async fn serve_events(chain: impl EventChain, drain: &Cancellation) -> Serving {
    let server = EventServer::new(chain, network(), drain.clone());
    serve(GrpcServer::new(ServerSettings::default()).add(server)).await
}

/// Passes connections on to a server and cuts each after so many bytes of the server's; once there are
/// no more numbers it cuts none.
pub(super) async fn proxy(to: SocketAddr, cuts: Vec<usize>) -> Serving {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cuts = Arc::new(Mutex::new(cuts.into_iter()));
    let mut task = JoinSet::new();
    task.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let cut = cuts.lock().unwrap().next();
            connections.spawn(pass(client, to, cut));
        }
    });
    Serving {
        address,
        _task: task,
    }
}

async fn pass(client: TcpStream, to: SocketAddr, cut: Option<usize>) {
    let server = TcpStream::connect(to).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let limit = cut.map_or(u64::MAX, |cut| cut as u64);
    let mut limited = from_server.take(limit);
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = copy(&mut limited, &mut to_client) => {}
    }
    let _ = to_client.shutdown().await;
}

pub(super) fn context() -> ComponentContext {
    ComponentContext::detached("client".parse().unwrap())
}

/// A client of the simulated network that tries again at once.
pub(super) fn config(address: SocketAddr, start: u32, end: Option<u32>) -> ClientConfig {
    let mut dial = Dial::default().gentle();
    dial.backoff_base = Duration::from_millis(1);
    dial.backoff_cap = Duration::from_millis(5);
    ClientConfig::new(address.to_string())
        .network(network())
        .range(LedgerRange::new(Some(start), end).unwrap())
        .dial(dial)
}

/// Everything that a source hands out until it ends, or has given `limit` batches, and how far it is.
pub(super) async fn take(
    source: &mut dyn Source,
    resume: Resume,
    limit: usize,
) -> Result<(Vec<Event>, Option<Position>), ComponentError> {
    source.identify().await?;
    source.open(resume).await?;
    let (mut events, mut position) = (Vec::new(), None);
    for _ in 0..limit {
        match source.next().await? {
            Next::Batch(batch) => {
                events.extend(batch.events);
                position = Some(batch.through);
            }
            Next::End => break,
            _ => {}
        }
    }
    source.close().await?;
    Ok((events, position))
}

/// The events by ledger, place and content.
pub(super) fn named(events: &[Event]) -> Vec<(u64, Vec<u32>, String)> {
    let named = events.iter().map(|event| {
        let transfer = Codecs::default()
            .read::<TokenTransferEvent>(event)
            .unwrap()
            .to_json();
        (event.sequence(), event.path().steps().to_vec(), transfer)
    });
    named.collect()
}
