use std::{collections::VecDeque, pin::Pin, sync::Arc};

use flowctl_core::{
    Chain,
    component::{ComponentError, Next},
    event::Event,
};
use flowctl_grpc::{
    Dial,
    proto::raw_ledger::{
        GetLedgerRangeRequest, GetLedgerRangeResponse, RawLedger, StreamLedgersRequest,
        raw_ledger_service_server::{RawLedgerService, RawLedgerServiceServer},
    },
};
use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status};

use super::{open_source::OpenSource, settings::LedgerSettings};
use crate::{
    program::{
        metrics::{Counter, OpenStream},
        shell::Shell,
    },
    source::LedgerRange,
};

/// How many streams are served at once; each holds a few megabytes.
const MAX_STREAMS: usize = 64;
/// The first ledger that any network tells: ledger 1 is its genesis.
const FIRST_LEDGER: u32 = 2;
/// An answer must fit into one message, with a little room for what is around the ledgers.
const MAX_RANGE_BYTES: usize = Dial::MAX_MESSAGE - 64 * 1024;

/// `raw_ledger_service.RawLedgerService`: ledgers as they were closed, untouched.
///
/// A stream that asks for ledger N gets N, N+1, … and waits at the newest. It ends with OK only behind
/// the last ledger that is served at all (`END_LEDGER`); where the program drains it ends with
/// UNAVAILABLE after a whole ledger, so that a reader knows that there is more. Ledger 0 is where the
/// program begins by itself; ledger 1, which no origin has, is ledger 2.
///
/// | status | when |
/// |---|---|
/// | INVALID_ARGUMENT | the range is empty, or larger than `MAX_BATCH_SIZE` |
/// | OUT_OF_RANGE | the ledger lies behind `END_LEDGER` |
/// | FAILED_PRECONDITION | the origin will never give the ledger: it is not kept any more, or refused |
/// | RESOURCE_EXHAUSTED | too many streams; a range of more than 64 MiB |
/// | UNAVAILABLE | the program drains |
#[derive(Clone, Debug)]
pub(super) struct RawLedgers {
    settings: Arc<LedgerSettings>,
    shell: Shell,
    streams: Arc<Semaphore>,
}

/// One stream.
struct Reading {
    source: OpenSource,
    events: VecDeque<Event>,
    shell: Shell,
    _stream: OpenStream,
    _permit: OwnedSemaphorePermit,
}

impl RawLedgers {
    pub(super) fn new(settings: Arc<LedgerSettings>, shell: Shell) -> Self {
        Self {
            settings,
            shell,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        }
    }

    /// The service, for ledgers of any size.
    pub(super) fn service(self) -> RawLedgerServiceServer<Self> {
        RawLedgerServiceServer::new(self)
            .max_decoding_message_size(Dial::MAX_MESSAGE)
            .max_encoding_message_size(Dial::MAX_MESSAGE)
    }

    fn open(&self, start: u32) -> Result<Reading, Status> {
        if self.shell.drain.is_cancelled() {
            return Err(draining());
        }
        let range = self.range(start)?;
        let permit = Arc::clone(&self.streams).try_acquire_owned();
        let permit = permit.map_err(|_| {
            Status::resource_exhausted(format!("{MAX_STREAMS} streams are open, which is the most"))
        })?;
        let context = self.shell.context().map_err(|error| refused(&error))?;
        let source = OpenSource::new(
            &self.settings.origin,
            range,
            context,
            self.shell.condition.clone(),
            self.shell.metrics.clone(),
        );
        Ok(Reading {
            source: source.map_err(|error| refused(&error))?,
            events: VecDeque::new(),
            shell: self.shell.clone(),
            _stream: self.shell.metrics.open_stream(),
            _permit: permit,
        })
    }

    /// What of the ledgers from `start` on is served.
    fn range(&self, start: u32) -> Result<LedgerRange, Status> {
        let own = self.settings.range;
        let start = match start {
            0 => own.start(),
            start => Some(start.max(FIRST_LEDGER)),
        };
        LedgerRange::new(start, own.end()).map_err(|_| {
            let (start, end) = (start.unwrap_or_default(), own.end().unwrap_or_default());
            Status::out_of_range(format!(
                "ledger {start} is behind the last that is served, {end}"
            ))
        })
    }

    fn counted(&self, status: Status) -> Status {
        self.shell.metrics.add(Counter::Errors, 1);
        tracing::info!(code = ?status.code(), message = status.message(), "a call was refused");
        status
    }

    async fn get_range(&self, start: u32, end: u32) -> Result<GetLedgerRangeResponse, Status> {
        let max = self.settings.max_range;
        match end.checked_sub(start) {
            None | Some(0) => {
                return Err(Status::invalid_argument(
                    "end_ledger must be greater than start_ledger",
                ));
            }
            Some(count) if count > max => {
                return Err(Status::invalid_argument(format!(
                    "range too large: {count} ledgers requested (max: {max})"
                )));
            }
            Some(_) => {}
        }
        let mut reading = self.open(start)?;
        let (mut ledgers, mut bytes) = (Vec::new(), 0_usize);
        // What is not there yet is not waited for: the answer is shorter then, as upstream's is.
        while let Some(ledger) = reading.next(false).await? {
            if ledger.sequence >= end {
                break;
            }
            bytes = bytes.saturating_add(ledger.ledger_close_meta_xdr.len());
            if bytes > MAX_RANGE_BYTES {
                return Err(Status::resource_exhausted(format!(
                    "the ledgers from {start} on have more than {MAX_RANGE_BYTES} bytes together; ask \
                     for fewer, or stream them"
                )));
            }
            let is_last = ledger.sequence + 1 == end;
            ledgers.push(ledger);
            if is_last {
                break;
            }
        }
        let last = ledgers.last().map_or(0, |ledger| ledger.sequence);
        let tip = reading.source.tip().and_then(|tip| u32::try_from(tip).ok());
        Ok(GetLedgerRangeResponse {
            ledgers,
            latest_ledger: tip.unwrap_or(0).max(last),
        })
    }
}

#[tonic::async_trait]
impl RawLedgerService for RawLedgers {
    type StreamRawLedgersStream =
        Pin<Box<dyn Stream<Item = Result<RawLedger, Status>> + Send + 'static>>;

    async fn stream_raw_ledgers(
        &self,
        request: Request<StreamLedgersRequest>,
    ) -> Result<Response<Self::StreamRawLedgersStream>, Status> {
        let StreamLedgersRequest { start_ledger } = request.into_inner();
        let reading = self
            .open(start_ledger)
            .map_err(|status| self.counted(status))?;
        tracing::info!(start_ledger, "a stream begins");
        let ledgers = stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            match reading.next(true).await {
                Ok(Some(ledger)) => Some((Ok(ledger), Some(reading))),
                Ok(None) => None,
                Err(status) => {
                    if status.code() != tonic::Code::Unavailable {
                        reading.shell.metrics.add(Counter::Errors, 1);
                    }
                    tracing::info!(code = ?status.code(), message = status.message(), "a stream ends");
                    Some((Err(status), None))
                }
            }
        });
        Ok(Response::new(Box::pin(ledgers)))
    }

    async fn get_ledger_range(
        &self,
        request: Request<GetLedgerRangeRequest>,
    ) -> Result<Response<GetLedgerRangeResponse>, Status> {
        let GetLedgerRangeRequest {
            start_ledger,
            end_ledger,
        } = request.into_inner();
        let range = self.get_range(start_ledger, end_ledger).await;
        range
            .map(Response::new)
            .map_err(|status| self.counted(status))
    }
}

impl Reading {
    /// The next ledger; `None` at the end, and where it must be waited for and is not to be.
    async fn next(&mut self, waits: bool) -> Result<Option<RawLedger>, Status> {
        let drain = self.shell.drain.clone();
        loop {
            if drain.is_cancelled() {
                return Err(draining());
            }
            if let Some(event) = self.events.pop_front() {
                return self.ledger(&event).map(Some);
            }
            let next = tokio::select! {
                next = self.source.next() => next.map_err(|error| refused(&error))?,
                () = drain.cancelled() => return Err(draining()),
            };
            match next {
                Next::Batch(batch) => self.events.extend(batch.events),
                Next::Idle if waits => {}
                _ => return Ok(None),
            }
        }
    }

    fn ledger(&self, event: &Event) -> Result<RawLedger, Status> {
        let bytes = event.payload().as_bytes();
        let bytes = bytes
            .ok_or_else(|| Status::internal("a ledger has no bytes"))?
            .clone();
        let sequence = u32::try_from(event.sequence());
        let sequence = sequence.map_err(|_| Status::internal("a ledger has no number"))?;
        let metrics = &self.shell.metrics;
        metrics.add(Counter::Units, 1);
        metrics.add(Counter::EventsIn, 1);
        metrics.add(Counter::EventsOut, 1);
        metrics.add(Counter::BytesOut, bytes.len() as u64);
        metrics.set_position(sequence.into());
        Ok(RawLedger {
            sequence,
            ledger_close_meta_xdr: bytes,
        })
    }
}

fn draining() -> Status {
    Status::unavailable("the source is shutting down, please reconnect")
}

/// An error after which asking again for the same does not help.
fn refused(error: &ComponentError) -> Status {
    let text = Chain(error).to_string();
    Status::failed_precondition(match error.help_text() {
        Some(help) => format!("{text}; {help}"),
        None => text,
    })
}
