use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use flowctl_core::{Cancellation, ComponentError, Position, event::SourceBatch};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{
    DataSource, describe, failure,
    parts::Joiner,
    reading::{Command, Item, Shared, Taken},
    trouble::Trouble,
};
use crate::{
    dial::{Dial, Reconnect},
    proto::data::{
        self, Close, Credit, OpenRead, Proceed, ReadRequest, ReadResponse, read_request::Request,
        read_response::Response,
    },
};

/// How often the source is asked to say something.
const PING: Duration = Duration::from_secs(5);

/// The task that reads ahead.
pub(super) struct ReadAhead {
    pub(super) dial: Dial,
    pub(super) address: String,
    pub(super) stop: Cancellation,
    pub(super) fingerprint: Option<String>,
    pub(super) after: Option<Position>,
    pub(super) reconnect: Reconnect,
    pub(super) found: mpsc::Sender<Item>,
    pub(super) told: watch::Receiver<Option<Position>>,
    pub(super) shared: Arc<Shared>,
    /// What is in the queue, as far as it has not been given back.
    pub(super) ahead: Taken,
    /// Whether it was opened before.
    pub(super) opened: bool,
    pub(super) closing: bool,
}

type Orders = mpsc::Receiver<Command>;

/// Both directions of a call.
struct Line {
    up: mpsc::Sender<ReadRequest>,
    down: Streaming<ReadResponse>,
}

/// Why a stream is read no more.
enum Over {
    /// It was said what there is to say.
    Said,
    Trouble(Trouble),
}

impl From<Trouble> for Over {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl ReadAhead {
    pub(super) async fn run(mut self, mut orders: Orders) {
        loop {
            let trouble = match self.once(&mut orders).await {
                Over::Said => return,
                Over::Trouble(trouble) => trouble,
            };
            let error = match trouble {
                Trouble::Lasting(error) => error,
                Trouble::Passing(error) => {
                    tracing::debug!(address = self.address, %error, "reading is interrupted");
                    match self.pause(error, &mut orders).await {
                        Ok(true) => continue,
                        Ok(false) => return,
                        Err(error) => error,
                    }
                }
            };
            let _ = self.found.try_send(Item::Failed(error));
            return;
        }
    }

    /// Waits before the next attempt; `false` when there is to be none.
    async fn pause(
        &mut self,
        error: ComponentError,
        orders: &mut Orders,
    ) -> Result<bool, ComponentError> {
        if self.closing {
            return Ok(false);
        }
        // Who drains does not connect again: what is to come is for the next run.
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            paused = self.reconnect.pause(error) => return paused.map(|()| true),
            () = closed(orders) => return Ok(false),
        }
        closed(orders).await;
        Ok(false)
    }

    /// One connection, from dialling to its end.
    async fn once(&mut self, orders: &mut Orders) -> Over {
        let opened = tokio::select! {
            opened = self.open() => opened,
            () = closed(orders) => return Over::Said,
        };
        let mut line = match opened {
            Ok(line) => line,
            Err(over) => return over,
        };
        match self.read(&mut line, orders).await {
            Ok(()) => Over::Said,
            Err(over) => over,
        }
    }

    async fn open(&mut self) -> Result<Line, Over> {
        let connection = self
            .dial
            .connect(&self.address)
            .await
            .map_err(Trouble::dial)?;
        let mut client = describe::client(&self.dial, connection);
        let (up, requests) = mpsc::channel(32);
        let after = self.after.as_ref().map(|after| data::Position {
            sequence: after.sequence,
            cursor: after.cursor.clone(),
        });
        let open = OpenRead {
            after,
            credit: Some(self.room()),
            ping_millis: u32::try_from(PING.as_millis()).unwrap_or(0),
        };
        say(&up, Request::Open(open), &self.address).await?;
        let answer = client.read(ReceiverStream::new(requests)).await;
        let mut down = answer
            .map_err(|status| Trouble::status(&self.address, status))?
            .into_inner();
        let identity = loop {
            let response = self.hear(&mut down).await?;
            self.note_tip(&response);
            match response.response {
                Some(Response::Opened(opened)) => break opened.identity.unwrap_or_default(),
                Some(Response::Failure(failed)) => {
                    return Err(self.fail(failure::from_wire(failed)));
                }
                Some(Response::Drained(_)) => return Err(self.drained().into()),
                Some(Response::Ping(_)) | None => {}
                Some(_) => {
                    return Err(Trouble::protocol(&self.address, "it did not open first").into());
                }
            }
        };
        match &self.fingerprint {
            Some(known) if *known != identity.fingerprint => {
                let message = format!(
                    "`{}` is another source now: it was `{known}` and calls itself `{}`",
                    self.address, identity.fingerprint
                );
                return Err(self.fail(ComponentError::stop(message)));
            }
            _ => self.fingerprint = Some(identity.fingerprint),
        }
        if !std::mem::replace(&mut self.opened, true) {
            let _ = self.found.try_send(Item::Opened);
        }
        // Everything that was acknowledged so far is told again: nobody knows whether it arrived.
        self.told.mark_changed();
        Ok(Line { up, down })
    }

    /// Passes on what comes until there is no more.
    async fn read(&mut self, line: &mut Line, orders: &mut Orders) -> Result<(), Over> {
        let mut joiner = Joiner::default();
        let mut heard = Instant::now();
        let patience = self.dial.progress_timeout;
        let opened = heard;
        let silence = tokio::time::sleep_until(heard + patience);
        tokio::pin!(silence);
        let mut number = 0;
        loop {
            tokio::select! {
                biased;
                order = orders.recv(), if !self.closing => match order {
                    Some(Command::Proceed) => say(&line.up, Request::Proceed(Proceed {}), &self.address).await?,
                    Some(Command::Close) | None => {
                        self.closing = true;
                        self.tell(line).await?;
                        say(&line.up, Request::Close(Close {}), &self.address).await?;
                    }
                },
                changed = self.told.changed(), if !self.closing => match changed {
                    Ok(()) => self.tell(line).await?,
                    Err(_) => return Ok(()),
                },
                () = self.shared.back.notified() => {
                    let credit = self.given_back();
                    say(&line.up, Request::Credit(credit), &self.address).await?;
                }
                response = line.down.message() => {
                    heard = Instant::now();
                    if heard - opened > PING {
                        // It lasts: the next trouble is a new one.
                        self.reconnect.progress();
                    }
                    let response = response.map_err(|status| Trouble::status(&self.address, status))?;
                    let Some(response) = response else {
                        return Err(Trouble::cut(&self.address).into());
                    };
                    self.note_tip(&response);
                    if !self.take(response, &mut joiner, &mut number)? {
                        return Ok(());
                    }
                }
                () = &mut silence => {
                    if heard.elapsed() >= patience {
                        return Err(Trouble::silence(&self.address, patience.as_secs_f64()).into());
                    }
                    silence.as_mut().reset(heard + patience);
                }
            }
        }
    }

    /// Passes one message on; `false` when nothing follows.
    fn take(
        &mut self,
        response: ReadResponse,
        joiner: &mut Joiner,
        number: &mut u64,
    ) -> Result<bool, Over> {
        let item = match response.response {
            Some(Response::Batch(batch)) => {
                if batch.number != *number + 1 {
                    let what = format!("batch {} follows batch {number}", batch.number);
                    return Err(Trouble::protocol(&self.address, &what).into());
                }
                let Some(part) = batch.batch else {
                    return Err(Trouble::protocol(&self.address, "a batch is empty").into());
                };
                let joined = joiner.add(part);
                let joined = joined.map_err(|error| Trouble::part(&self.address, error))?;
                let Some(joined) = joined else {
                    return Ok(true);
                };
                *number += 1;
                self.reconnect.progress();
                self.after = Some(joined.through.clone());
                let taken = Taken {
                    events: joined.events.len().max(1) as u64,
                    bytes: joined.bytes as u64,
                };
                self.ahead.events += taken.events;
                self.ahead.bytes += taken.bytes;
                Item::Batch(SourceBatch::new(joined.events, joined.through), taken)
            }
            Some(Response::Idle(_)) => {
                self.reconnect.progress();
                Item::Idle
            }
            Some(Response::End(_)) => Item::End,
            Some(Response::Failure(failed)) => {
                let error = failure::from_wire(failed);
                if !error.is_transient() {
                    return Err(self.fail(error));
                }
                Item::HeldBack(error)
            }
            // Who drains too stays: there may be something to acknowledge.
            Some(Response::Drained(_)) if self.closing || self.stop.is_cancelled() => {
                return Ok(true);
            }
            Some(Response::Drained(_)) => return Err(self.drained().into()),
            Some(Response::Closed(closed)) => Item::Closed(closed.failure.map(failure::from_wire)),
            Some(Response::Ping(_) | Response::Opened(_)) | None => return Ok(true),
        };
        let more = !matches!(item, Item::Closed(_));
        match self.found.try_send(item) {
            Ok(()) => Ok(more),
            Err(mpsc::error::TrySendError::Closed(_)) => Ok(false),
            Err(mpsc::error::TrySendError::Full(_)) => {
                Err(Trouble::protocol(&self.address, "it sends more than it may").into())
            }
        }
    }

    /// What was taken out of the queue since the last time.
    fn given_back(&mut self) -> Credit {
        let credit = Credit {
            events: self.shared.events_back.swap(0, Ordering::Relaxed),
            bytes: self.shared.bytes_back.swap(0, Ordering::Relaxed),
        };
        self.ahead.events = self.ahead.events.saturating_sub(credit.events);
        self.ahead.bytes = self.ahead.bytes.saturating_sub(credit.bytes);
        credit
    }

    /// How much may be on its way on a new connection: what came on an earlier one may still be in the
    /// queue.
    fn room(&mut self) -> Credit {
        self.given_back();
        Credit {
            events: DataSource::AHEAD_EVENTS.saturating_sub(self.ahead.events),
            bytes: DataSource::AHEAD_BYTES.saturating_sub(self.ahead.bytes),
        }
    }

    /// The other end drains. Where this run drains too, that is all; else it will be back.
    fn drained(&self) -> Trouble {
        Trouble::Passing(ComponentError::retry(format!("`{}` drains", self.address)))
    }

    /// The source failed for good.
    fn fail(&self, error: ComponentError) -> Over {
        let _ = self.found.try_send(Item::Failed(error));
        Over::Said
    }

    async fn tell(&mut self, line: &Line) -> Result<(), Over> {
        let told = self.told.borrow_and_update().clone();
        if let Some(told) = told {
            let told = data::Position {
                sequence: told.sequence,
                cursor: told.cursor,
            };
            say(&line.up, Request::Acknowledged(told), &self.address).await?;
        }
        Ok(())
    }

    async fn hear(&self, down: &mut Streaming<ReadResponse>) -> Result<ReadResponse, Trouble> {
        let patience = self.dial.progress_timeout;
        let heard = tokio::time::timeout(patience, down.message()).await;
        let heard = heard.map_err(|_| Trouble::silence(&self.address, patience.as_secs_f64()))?;
        heard
            .map_err(|status| Trouble::status(&self.address, status))?
            .ok_or_else(|| Trouble::cut(&self.address))
    }

    fn note_tip(&self, response: &ReadResponse) {
        if let Some(tip) = response.tip {
            self.shared.tip.store(tip, Ordering::Relaxed);
        }
    }
}

async fn say(
    up: &mpsc::Sender<ReadRequest>,
    request: Request,
    address: &str,
) -> Result<(), Trouble> {
    let request = ReadRequest {
        request: Some(request),
    };
    up.send(request).await.map_err(|_| Trouble::cut(address))
}

/// Waits until the reader is to close, or nobody wants anything of it any more.
async fn closed(orders: &mut Orders) {
    while let Some(Command::Proceed) = orders.recv().await {}
}
