//! A proxied edge against raw gRPC: a source that is served in flowctl.data.v1 on loopback, read by a run
//! into a sink that counts; against a bare tonic stream of equal messages, counted by its reader. Both with
//! the same windows; alternating; medians of the ratio.
//!
//!     cargo run --release -p flowctl-benches --bin proxied

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should fail, and prints what it measured"
)]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use async_trait::async_trait;
use flowctl_core::{
    Batch, ComponentError, ComponentKind, Event, EventType, Outcome, Payload, PipelineSpec,
    Position, Registry, Runner, Sink, Source,
    component::{Held, Next, OpenSink, Resume, SourceIdentity},
    event::SourceBatch,
    spec::Component,
};
use flowctl_grpc::{
    Dial, GrpcServer, Offer, ServerSettings,
    data::{self, DataSource},
    proto::data::{
        self as wire, ReadRequest, ReadResponse, component_client::ComponentClient,
        component_server::ComponentServer, read_response::Response as Said,
    },
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

const ROUNDS: usize = 7;

/// What is moved: so many events of so many bytes, so many at once.
#[derive(Clone, Copy)]
struct Load {
    events: u64,
    bytes: usize,
    per_batch: u64,
}

struct Made {
    load: Load,
    next: u64,
    event_type: EventType,
    payload: Payload,
}

impl Made {
    fn new(load: Load) -> Self {
        Self {
            load,
            next: 1,
            event_type: "bench.event".parse().unwrap(),
            payload: Payload::bytes(vec![7; load.bytes]),
        }
    }
}

#[async_trait]
impl Source for Made {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("made"))
    }

    async fn open(&mut self, _resume: Resume) -> Result<(), ComponentError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        if self.next > self.load.events {
            return Ok(Next::End);
        }
        let through = self.next + self.load.per_batch - 1;
        let event = |n| Event::new(self.event_type.clone(), n, self.payload.clone());
        let events = (self.next..=through).map(event).collect();
        self.next = through + 1;
        Ok(Next::Batch(SourceBatch::new(events, Position::at(through))))
    }
}

struct Count(Arc<AtomicU64>);

#[async_trait]
impl Sink for Count {
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        Ok(Held::Unknown)
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let events: usize = batches.iter().map(|batch| batch.events().len()).sum();
        self.0.fetch_add(events as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// A run whose source is elsewhere.
async fn proxied(load: Load, address: SocketAddr) -> f64 {
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let mut registry = Registry::new();
    registry
        .source(ComponentKind::source("far", ""), move |(): (), context| {
            let source = DataSource::new(Dial::default(), address.to_string(), context);
            Ok(Box::new(source))
        })
        .unwrap()
        .sink(ComponentKind::sink("count", ""), move |(): (), _| {
            Ok(Box::new(Count(Arc::clone(&counted))))
        })
        .unwrap();
    let spec = PipelineSpec::builder("bench")
        .source("far", Component::native("far"))
        .sink("count", Component::native("count").input("far"))
        .build()
        .unwrap();
    let runner = Runner::builder(registry).build();
    let began = Instant::now();
    let report = runner.start(&spec).unwrap().wait().await;
    let took = began.elapsed();
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!(count.load(Ordering::Relaxed), load.events);
    load.events as f64 / took.as_secs_f64()
}

/// Streams the same messages with nothing around them.
struct Bare(Load);

type Answers<T> = ReceiverStream<Result<T, Status>>;

#[tonic::async_trait]
impl wire::component_server::Component for Bare {
    async fn describe(
        &self,
        _: Request<wire::DescribeRequest>,
    ) -> Result<Response<wire::DescribeResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type ReadStream = Answers<ReadResponse>;

    async fn read(
        &self,
        request: Request<Streaming<ReadRequest>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let load = self.0;
        let (said, answers) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let payload = bytes(load.bytes);
            let mut next = 1;
            let mut number = 0;
            while next <= load.events {
                let event = |sequence| wire::Event {
                    sequence,
                    payload: payload.clone(),
                    ..wire::Event::default()
                };
                let through = next + load.per_batch - 1;
                number += 1;
                let batch = wire::Batch {
                    event_types: vec!["bench.event".to_owned()],
                    events: (next..=through).map(event).collect(),
                    through: Some(wire::Position {
                        sequence: through,
                        cursor: None,
                    }),
                    ..wire::Batch::default()
                };
                let batch = wire::ReadBatch {
                    number,
                    batch: Some(batch),
                };
                let response = ReadResponse {
                    response: Some(Said::Batch(batch)),
                    tip: None,
                };
                if said.send(Ok(response)).await.is_err() {
                    return;
                }
                next = through + 1;
            }
            drop(request);
        });
        tasks.detach_all();
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    type ProcessStream = Answers<wire::ProcessResponse>;

    async fn process(
        &self,
        _: Request<Streaming<wire::ProcessRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        Err(Status::unimplemented(""))
    }

    type WriteStream = Answers<wire::WriteResponse>;

    async fn write(
        &self,
        _: Request<Streaming<wire::WriteRequest>>,
    ) -> Result<Response<Self::WriteStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn reset(
        &self,
        _: Request<wire::ResetRequest>,
    ) -> Result<Response<wire::ResetResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn drain(
        &self,
        _: Request<wire::DrainRequest>,
    ) -> Result<Response<wire::DrainResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

async fn raw(load: Load, address: SocketAddr) -> f64 {
    let began = Instant::now();
    let connection = Dial::default().connect(&address.to_string()).await.unwrap();
    let mut client = ComponentClient::new(connection).max_decoding_message_size(Dial::MAX_MESSAGE);
    let (_open, requests) = mpsc::channel(1);
    let stream = client.read(ReceiverStream::new(requests)).await.unwrap();
    let mut stream = stream.into_inner();
    let mut count = 0;
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(Said::Batch(batch)) = response.response {
            count += batch.batch.map_or(0, |batch| batch.events.len() as u64);
        }
    }
    assert_eq!(count, load.events);
    load.events as f64 / began.elapsed().as_secs_f64()
}

fn bytes(count: usize) -> bytes::Bytes {
    vec![7; count].into()
}

async fn serve(server: GrpcServer, tasks: &mut JoinSet<()>) -> SocketAddr {
    let listening = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listening.address();
    tasks.spawn(async move { listening.serve(std::future::pending()).await.unwrap() });
    address
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() {
    println!("one proxied hop, median of {ROUNDS} alternating rounds");
    for (events, bytes, per_batch) in [
        (1_024_000, 256, 64),
        (1_024_000, 256, 256),
        (65_536, 16 << 10, 16),
        (2_048, 1 << 20, 1),
    ] {
        let load = Load {
            events,
            bytes,
            per_batch,
        };
        let mut tasks = JoinSet::new();
        let offer = Offer::new("far").source(move |_| Ok(Box::new(Made::new(load))));
        let server = || GrpcServer::new(ServerSettings::default());
        let far = serve(server().add(data::service(&offer)), &mut tasks).await;
        let bare = server()
            .add(ComponentServer::new(Bare(load)).max_encoding_message_size(Dial::MAX_MESSAGE));
        let bare = serve(bare, &mut tasks).await;
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (a, b) = (proxied(load, far).await, raw(load, bare).await);
            ours.push(a);
            theirs.push(b);
            ratios.push(a / b);
        }
        println!(
            "{bytes:>7} bytes, batches of {per_batch:>3}: proxied {:>7.3} M events/s, raw tonic {:>7.3} M events/s, ratio {:.2}",
            median(ours) / 1e6,
            median(theirs) / 1e6,
            median(ratios),
        );
    }
}
