use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use flowctl_core::ComponentError;
use futures_util::FutureExt as _;
use tokio::{
    sync::{OwnedMutexGuard, mpsc, watch},
    time::Interval,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{
    parts::{Joined, Joiner},
    read::ping_interval,
    session::{Attached, Attachment, Inner, Session, Sessions},
    worker::{Asked, Worker, failure_of},
};
use crate::{offer::Offer, proto::data::OpenCalls};

/// Serves the calls of one role, over as many connections as there are callers.
pub(super) struct Calls<W: Worker> {
    offer: Offer,
    sessions: Sessions<W>,
}

/// How long a session without a connection is kept.
const LINGERS: Duration = Duration::from_secs(60);

/// One connection of a session.
struct Connection<W: Worker> {
    requests: Streaming<W::Request>,
    responses: mpsc::Sender<Result<W::Response, Status>>,
    pings: Interval,
    attachment: watch::Receiver<Attachment>,
}

/// Why a connection is served no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// The caller needs nothing more.
    Close,
    /// The caller is gone, and may be back.
    Lost,
    /// Another connection has the session, or another session the object.
    Replaced,
    /// The object is not to be used any more.
    Broken,
}

impl<W: Worker> Calls<W> {
    pub(super) fn new(offer: &Offer) -> Arc<Self> {
        Arc::new(Self {
            offer: offer.clone(),
            sessions: Sessions::new(),
        })
    }

    /// Sets a task going that serves `requests`, and gives what it answers.
    pub(super) fn start(
        self: &Arc<Self>,
        mut requests: Streaming<W::Request>,
    ) -> ReceiverStream<Result<W::Response, Status>> {
        let (responses, answered) = mpsc::channel(16);
        let this = Arc::clone(self);
        self.offer.calls.spawn(async move {
            let first = requests.message().await;
            let refused = match first {
                Err(_) => return,
                Ok(first) => match first.map(W::read) {
                    Some(Asked::Open(open)) => match this.sessions.attach(&open.session) {
                        Attached::Superseded => {
                            let _ = responses.send(Ok(W::taken_over())).await;
                            return;
                        }
                        Attached::Full => Status::unavailable("there are too many sessions"),
                        Attached::To {
                            session,
                            mine,
                            attachment,
                            before,
                        } => {
                            for session in before {
                                session.close().await;
                            }
                            let connection = Connection {
                                requests,
                                responses,
                                pings: ping_interval(open.ping_millis),
                                attachment,
                            };
                            return this.serve(connection, &session, mine, open).await;
                        }
                    },
                    _ => Status::invalid_argument("the first message must open the session"),
                },
            };
            let _ = responses.send(Err(refused)).await;
        });
        ReceiverStream::new(answered)
    }

    /// Ends every session.
    pub(super) async fn supersede_all(&self) {
        for session in self.sessions.supersede_all() {
            session.close().await;
        }
    }

    async fn serve(
        &self,
        mut connection: Connection<W>,
        session: &Session<W>,
        attachment: Attachment,
        open: OpenCalls,
    ) {
        // Whoever was attached before finishes the call under way first.
        let Some(mut inner) = connection
            .wait(Arc::clone(&session.inner).lock_owned())
            .await
        else {
            return connection.replaced().await;
        };
        let resumed = inner.worker.is_some();
        let left = match self.open(&mut connection, &mut inner, open).await {
            Some(worker) => {
                let opened = worker.opened(resumed);
                match connection.say(opened).await {
                    true => connection.work(&mut inner).await,
                    false => Left::Lost,
                }
            }
            None => Left::Broken,
        };
        match left {
            Left::Replaced => {
                drop(inner);
                connection.replaced().await;
            }
            Left::Close => {
                self.sessions.forget(session, attachment);
                let closed = match inner.worker.take() {
                    Some(mut worker) => worker.close().await,
                    None => Ok(()),
                };
                drop(inner);
                let failure = closed.err().map(|error| failure_of(&error));
                connection.say(W::closed(failure)).await;
            }
            Left::Broken => {
                self.sessions.forget(session, attachment);
                inner.worker = None;
            }
            Left::Lost => {
                drop(inner);
                tokio::select! {
                    () = tokio::time::sleep(LINGERS) => {}
                    () = self.offer.draining.cancelled() => {}
                    _ = connection.attachment.changed() => {}
                }
                if self.sessions.forget(session, attachment) {
                    session.close().await;
                }
            }
        }
    }

    /// The object of the session, made where there is none; what went wrong is said.
    async fn open<'i>(
        &self,
        connection: &mut Connection<W>,
        inner: &'i mut OwnedMutexGuard<Inner<W>>,
        open: OpenCalls,
    ) -> Option<&'i mut W> {
        if inner.worker.is_none() {
            let opening = AssertUnwindSafe(W::open(&self.offer, open)).catch_unwind();
            let opened = connection.meanwhile(opening).await;
            let opened = opened.unwrap_or_else(|_| Err(panicked()));
            match opened {
                Ok(worker) => {
                    inner.worker = Some(worker);
                    inner.number = 0;
                    inner.answer.clear();
                }
                Err(error) => {
                    connection.say(W::failed(0, failure_of(&error))).await;
                    return None;
                }
            }
        }
        inner.worker.as_mut()
    }
}

impl<W: Worker> Connection<W> {
    /// Serves calls until the connection is served no more.
    async fn work(&mut self, inner: &mut Inner<W>) -> Left {
        let mut call = Call::default();
        loop {
            let request = tokio::select! {
                biased;
                _ = self.attachment.changed() => return Left::Replaced,
                request = self.requests.message() => request,
                _ = self.pings.tick() => match self.ping() {
                    true => continue,
                    false => return Left::Lost,
                },
            };
            let request = match request {
                Ok(Some(request)) => W::read(request),
                // A caller that is gone without a word may be back: a connection that is dropped between two
                // messages looks the same.
                Ok(None) | Err(_) => return Left::Lost,
            };
            let (number, batches) = match request {
                Asked::Close => return Left::Close,
                Asked::Nothing => continue,
                Asked::Open(_) => {
                    self.refuse("the session is open already").await;
                    return Left::Lost;
                }
                Asked::Part { number, part, last } => match call.add(number, part, last) {
                    Ok(None) => continue,
                    Ok(Some(batches)) => (number, batches),
                    Err(what) => {
                        self.refuse(&what).await;
                        return Left::Lost;
                    }
                },
            };
            if number < inner.number || number == 0 {
                self.refuse("the number of a call is lower than that of an earlier one")
                    .await;
                return Left::Lost;
            }
            let mut broken = false;
            if number > inner.number {
                let Some(worker) = &mut inner.worker else {
                    return Left::Broken;
                };
                let working = AssertUnwindSafe(worker.call(number, batches)).catch_unwind();
                let worked = self.meanwhile(working).await;
                broken = worked.is_err();
                let worked = worked.unwrap_or_else(|_| Err(panicked()));
                inner.number = number;
                inner.answer = match worked {
                    Ok(answer) => answer,
                    Err(error) => vec![W::failed(number, failure_of(&error))],
                };
            }
            for response in inner.answer.clone() {
                if !self.say(response).await {
                    return Left::Lost;
                }
            }
            if broken {
                return Left::Broken;
            }
        }
    }

    /// Waits, and says something now and then. The work goes on when nobody listens any more.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = self.pings.tick() => {
                    self.ping();
                }
            }
        }
    }

    /// Waits, and says something now and then; `None` when it is not to be done any more.
    async fn wait<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                _ = self.attachment.changed() => return None,
                _ = self.pings.tick() => {
                    self.ping();
                }
            }
        }
    }

    /// Tells the caller, where another session has its object.
    async fn replaced(&mut self) {
        let superseded = self.attachment.borrow().superseded;
        if superseded {
            self.say(W::taken_over()).await;
        }
    }

    /// Says that this end lives; `false` when nobody listens.
    fn ping(&self) -> bool {
        let said = self.responses.try_send(Ok(W::ping()));
        !matches!(said, Err(mpsc::error::TrySendError::Closed(_)))
    }

    async fn say(&mut self, response: W::Response) -> bool {
        self.pings.reset();
        self.responses.send(Ok(response)).await.is_ok()
    }

    async fn refuse(&self, what: &str) {
        let _ = self
            .responses
            .send(Err(Status::invalid_argument(what)))
            .await;
    }
}

/// A call of which not everything has come yet.
#[derive(Debug, Default)]
struct Call {
    number: u64,
    joiner: Joiner,
    batches: Vec<Joined>,
    bytes: usize,
}

/// The most that one call may hold, in bytes of payload.
const LARGEST_CALL: usize = 1 << 30;

impl Call {
    /// Takes the next part; gives the batches when it was the last.
    fn add(
        &mut self,
        number: u64,
        part: crate::proto::data::Batch,
        last: bool,
    ) -> Result<Option<Vec<Joined>>, String> {
        if self.number != number {
            *self = Self {
                number,
                ..Self::default()
            };
        }
        let last = last && !part.more;
        if let Some(joined) = self.joiner.add(part).map_err(|error| error.to_string())? {
            self.bytes += joined.bytes;
            self.batches.push(joined);
        }
        if self.bytes > LARGEST_CALL {
            return Err(format!("a call has more than {LARGEST_CALL} bytes"));
        }
        if !last {
            return Ok(None);
        }
        self.bytes = 0;
        Ok(Some(std::mem::take(&mut self.batches)))
    }
}

fn panicked() -> ComponentError {
    ComponentError::stop("the component panicked")
}

impl<W: Worker> fmt::Debug for Calls<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").finish_non_exhaustive()
    }
}
