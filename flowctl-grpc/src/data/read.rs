use std::{panic::AssertUnwindSafe, time::Duration};

use flowctl_core::{
    Codecs, ComponentError, Position, Source,
    component::{Cancellation, Next, Resume, SourceIdentity},
    event::SourceBatch,
};
use futures_util::FutureExt as _;
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{failure, parts};
use crate::{
    dial::Dial,
    offer::{MakeSource, Offer, Parameters},
    proto::data::{
        self, Closed, Credit, Drained, End, Idle, OpenRead, OpenedRead, Ping, ReadBatch,
        ReadRequest, ReadResponse, read_request::Request, read_response::Response,
    },
};

/// Serves one reader of a source.
pub(super) struct Reader {
    source: Box<dyn Source>,
    codecs: Codecs,
    draining: Cancellation,
    requests: Streaming<ReadRequest>,
    responses: mpsc::Sender<Result<ReadResponse, Status>>,
    balance: Balance,
    pings: Interval,
    number: u64,
    phase: Phase,
}

/// What the source is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Pulling,
    /// It failed; the reader has not said to go on yet.
    HeldBack,
    /// Nothing will follow; the reader may still acknowledge.
    Ended,
    /// As before, for a short while: this end wants to be gone.
    Drained,
}

/// What may be sent. A batch may take it below zero.
#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    events: i64,
    bytes: i64,
}

/// What is to be done next.
enum Turn {
    Next(Result<Next, ComponentError>),
    Request(Request),
    Drain,
    /// The reader is gone.
    Gone,
}

/// How often something is said where the reader does not ask for anything else.
const PING: Duration = Duration::from_secs(5);

/// No reader can have a ping more often than this.
const SHORTEST_PING: Duration = Duration::from_millis(50);

/// How long a reader may be silent after it was told that this end drains.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The reader is gone: nobody is there to be told.
struct Gone;

impl Balance {
    fn add(&mut self, credit: Credit) {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.events = self.events.saturating_add(signed(credit.events));
        self.bytes = self.bytes.saturating_add(signed(credit.bytes));
    }

    fn take(&mut self, events: usize, bytes: usize) {
        let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.events = self.events.saturating_sub(signed(events.max(1)));
        self.bytes = self.bytes.saturating_sub(signed(bytes));
    }

    const fn allows(self) -> bool {
        self.events > 0 && self.bytes > 0
    }
}

impl Reader {
    /// Sets a task going that serves `requests`, and gives what it answers.
    pub(super) fn start(
        offer: &Offer,
        make: MakeSource,
        mut requests: Streaming<ReadRequest>,
    ) -> ReceiverStream<Result<ReadResponse, Status>> {
        let (responses, answered) = mpsc::channel(16);
        let (codecs, draining) = (offer.codecs.clone(), offer.draining.clone());
        offer.calls.spawn(async move {
            let Some(open) = opening(&mut requests, &responses).await else {
                return;
            };
            let source = match make(&Parameters::new()) {
                Ok(source) => source,
                Err(error) => {
                    let _ = responses.send(Ok(response(failed(&error)))).await;
                    return;
                }
            };
            let mut reader = Self {
                source,
                codecs,
                draining,
                requests,
                responses,
                balance: Balance::default(),
                pings: ping_interval(open.ping_millis),
                number: 0,
                phase: Phase::Pulling,
            };
            let worked = AssertUnwindSafe(reader.work(open)).catch_unwind().await;
            let closed = AssertUnwindSafe(reader.source.close()).catch_unwind().await;
            match (worked, closed) {
                (Ok(Ok(())), Ok(closed)) => {
                    let failure = closed.err().map(|error| failure::to_wire(&error));
                    let _ = reader.say(Response::Closed(Closed { failure })).await;
                }
                (Ok(Err(Gone)), Ok(closed)) => {
                    if let Err(error) = closed {
                        tracing::warn!(error = %flowctl_core::Chain(&error), "a source did not close");
                    }
                }
                (Err(_), _) | (_, Err(_)) => {
                    let error = ComponentError::stop("the source panicked");
                    let _ = reader.say(failed(&error)).await;
                }
            }
        });
        ReceiverStream::new(answered)
    }

    async fn work(&mut self, open: OpenRead) -> Result<(), Gone> {
        let identity = match self.open(open).await {
            Ok(identity) => identity,
            Err(error) => return self.say(failed(&error)).await,
        };
        let identity = data::SourceIdentity {
            fingerprint: identity.fingerprint,
            rewinds: identity.rewinds,
        };
        self.say(Response::Opened(OpenedRead {
            identity: Some(identity),
        }))
        .await?;
        loop {
            match self.turn().await {
                Turn::Gone => return Err(Gone),
                Turn::Drain => {
                    self.say(Response::Drained(Drained {})).await?;
                    self.phase = Phase::Drained;
                }
                Turn::Request(Request::Close(_)) => return Ok(()),
                Turn::Request(request) => {
                    if !self.obey(request).await? {
                        return Ok(());
                    }
                }
                Turn::Next(Ok(Next::Batch(batch))) => {
                    if !self.send(batch).await? {
                        return Ok(());
                    }
                }
                Turn::Next(Ok(Next::Idle)) => self.say(Response::Idle(Idle {})).await?,
                Turn::Next(Ok(Next::End)) => {
                    self.phase = Phase::Ended;
                    self.say(Response::End(End {})).await?;
                }
                Turn::Next(Ok(_)) => {
                    let error = ComponentError::stop("the source said what cannot be passed on");
                    return self.say(failed(&error)).await;
                }
                Turn::Next(Err(error)) => {
                    self.say(failed(&error)).await?;
                    if !error.is_transient() {
                        return Ok(());
                    }
                    self.phase = Phase::HeldBack;
                }
            }
        }
    }

    async fn open(&mut self, open: OpenRead) -> Result<SourceIdentity, ComponentError> {
        self.balance.add(open.credit.unwrap_or_default());
        let identity = self.source.identify().await?;
        let resume = match open.after {
            None => Resume::default(),
            Some(after) => Resume::after(parts::position(after)),
        };
        self.source.open(resume).await?;
        Ok(identity)
    }

    /// Waits for whatever comes first. The source's call goes on while the reader gives credit, and is
    /// dropped (S3) where something else is to be done with the source.
    async fn turn(&mut self) -> Turn {
        let Self {
            source,
            draining,
            requests,
            responses,
            balance,
            pings,
            phase,
            ..
        } = self;
        let tip = source.tip();
        let next = source.next();
        tokio::pin!(next);
        let patience = tokio::time::sleep(LAST_WORDS);
        tokio::pin!(patience);
        loop {
            let pulls = *phase == Phase::Pulling;
            tokio::select! {
                biased;
                request = requests.message() => match request {
                    Ok(Some(ReadRequest { request: Some(Request::Credit(credit)) })) => balance.add(credit),
                    Ok(Some(ReadRequest { request: Some(request) })) => return Turn::Request(request),
                    Ok(Some(ReadRequest { request: None })) => {}
                    // A reader that closes its side has nothing more to say.
                    Ok(None) => return Turn::Request(Request::Close(data::Close {})),
                    Err(_) => return Turn::Gone,
                },
                () = draining.cancelled(), if *phase != Phase::Drained => return Turn::Drain,
                next = &mut next, if pulls && balance.allows() => return Turn::Next(next),
                () = &mut patience, if *phase == Phase::Drained => {
                    return Turn::Request(Request::Close(data::Close {}));
                }
                _ = pings.tick() => {
                    let ping = ReadResponse { response: Some(Response::Ping(Ping {})), tip };
                    // A queue that is full says enough.
                    if let Err(mpsc::error::TrySendError::Closed(_)) = responses.try_send(Ok(ping)) {
                        return Turn::Gone;
                    }
                }
            }
        }
    }

    /// Does what the reader asks for; `false` when nothing follows.
    async fn obey(&mut self, request: Request) -> Result<bool, Gone> {
        match request {
            Request::Acknowledged(position) => {
                let position: Position = parts::position(position);
                if let Err(error) = self.source.acknowledged(&position).await {
                    self.say(failed(&error)).await?;
                    return Ok(false);
                }
            }
            Request::Proceed(_) => {
                if self.phase == Phase::HeldBack {
                    self.phase = Phase::Pulling;
                }
            }
            Request::Nack(nack) => {
                let why = nack.failure.map(failure::from_wire);
                let why = why.map(|error| flowctl_core::Chain(&error).to_string());
                tracing::warn!(batch = nack.number, error = why, "a reader gave a batch up");
                return Ok(false);
            }
            Request::Open(_) => {
                let status = Status::invalid_argument("the stream is open already");
                let _ = self.responses.send(Err(status)).await;
                return Ok(false);
            }
            Request::Credit(credit) => self.balance.add(credit),
            Request::Close(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Sends a batch; `false` when it cannot be sent and nothing follows.
    async fn send(&mut self, batch: SourceBatch) -> Result<bool, Gone> {
        let SourceBatch {
            events, through, ..
        } = batch;
        let split = parts::split("", &through, &events, &self.codecs, Dial::MAX_MESSAGE);
        let parts = match split {
            Ok(parts) => parts,
            Err(error) => {
                // A source cannot leave events out; whoever reads it has to know.
                let error = ComponentError::stop(error.to_string());
                self.say(failed(&error)).await?;
                return Ok(false);
            }
        };
        let count = events.len();
        drop(events);
        self.number += 1;
        let mut bytes = 0;
        for part in parts {
            bytes += part
                .events
                .iter()
                .map(|event| event.payload.len())
                .sum::<usize>();
            let batch = ReadBatch {
                number: self.number,
                batch: Some(part),
            };
            self.say(Response::Batch(batch)).await?;
        }
        self.balance.take(count, bytes);
        Ok(true)
    }

    async fn say(&mut self, said: Response) -> Result<(), Gone> {
        self.pings.reset();
        let response = ReadResponse {
            response: Some(said),
            tip: self.source.tip(),
        };
        self.responses.send(Ok(response)).await.map_err(|_| Gone)
    }
}

/// The first message, which says where to begin.
async fn opening(
    requests: &mut Streaming<ReadRequest>,
    responses: &mpsc::Sender<Result<ReadResponse, Status>>,
) -> Option<OpenRead> {
    match requests.message().await {
        Ok(Some(ReadRequest {
            request: Some(Request::Open(open)),
        })) => Some(open),
        Ok(_) => {
            let status = Status::invalid_argument("the first message must open the stream");
            let _ = responses.send(Err(status)).await;
            None
        }
        Err(_) => None,
    }
}

/// Ticks as often as the other end wants something said.
pub(super) fn ping_interval(millis: u32) -> Interval {
    let every = match millis {
        0 => PING,
        millis => Duration::from_millis(millis.into()).max(SHORTEST_PING),
    };
    let mut pings = tokio::time::interval(every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    pings
}

fn failed(error: &ComponentError) -> Response {
    Response::Failure(failure::to_wire(error))
}

const fn response(said: Response) -> ReadResponse {
    ReadResponse {
        response: Some(said),
        tip: None,
    }
}
