use std::{collections::BTreeMap, fmt, time::Duration};

use bytes::Bytes;
use flowctl_core::{Codecs, ComponentError, Position, event::Batch};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{
    failure,
    heard::{Heard, Kind, Opened},
    parts::{Joined, Joiner, split},
    trouble::Trouble,
};
use crate::{
    dial::{Dial, Reconnect, random_bytes},
    proto::data::{self, OpenCalls},
};

/// A session of numbered calls, over as many connections as it takes.
pub(super) struct Caller<K: Kind> {
    pub(super) dial: Dial,
    pub(super) address: String,
    codecs: Codecs,
    session: Bytes,
    sources: BTreeMap<String, String>,
    /// The last call that was made, answered or not.
    number: u64,
    /// Whether the object behind the session has seen a call.
    used: bool,
    line: Option<Line<K>>,
}

/// Both directions of a connection.
struct Line<K: Kind> {
    up: mpsc::Sender<K::Request>,
    down: Streaming<K::Response>,
}

/// What came of a call.
pub(super) enum Answer {
    /// All events as they came; for a sink, that they are durable.
    Unchanged,
    Output(Joined),
    /// Nobody knows what came of it: the object behind the session is another one now.
    Anew(Opened),
}

/// How often the other end is asked to say something.
const PING: Duration = Duration::from_secs(5);

/// How long the other end may take to let go of what it holds.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);

impl<K: Kind> Caller<K> {
    pub(super) fn new(dial: Dial, address: String, codecs: Codecs) -> Self {
        Self {
            dial,
            address,
            codecs,
            session: Bytes::copy_from_slice(&random_bytes()),
            sources: BTreeMap::new(),
            number: 0,
            used: false,
            line: None,
        }
    }

    /// Begins the session.
    pub(super) async fn open(
        &mut self,
        sources: BTreeMap<String, String>,
    ) -> Result<Opened, ComponentError> {
        self.sources = sources;
        let mut reconnect = Reconnect::new(&self.dial);
        loop {
            match self.connect().await {
                Ok(opened) => return opened,
                Err(Trouble::Passing(error)) => reconnect.pause(error).await?,
                Err(Trouble::Lasting(error)) => return Err(error),
            }
        }
    }

    /// Makes a call with these batches: connects where that is needed, and repeats the call until it is
    /// answered or the other end was tried for long enough.
    pub(super) async fn call(&mut self, batches: &[Batch]) -> Result<Answer, ComponentError> {
        self.number += 1;
        let number = self.number;
        let requests = self.requests(batches)?;
        let mut reconnect = Reconnect::new(&self.dial);
        loop {
            let trouble = match self.attempt(number, &requests).await {
                Ok(answered) => return answered,
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Passing(error) => {
                    tracing::debug!(address = self.address, %error, "a call is interrupted");
                    reconnect.pause(error).await?;
                }
                Trouble::Lasting(error) => return Err(error),
            }
        }
    }

    /// One attempt. A connection is only kept when the call was answered.
    async fn attempt(
        &mut self,
        number: u64,
        requests: &[(data::Batch, bool)],
    ) -> Result<Result<Answer, ComponentError>, Trouble> {
        if self.line.is_none() {
            match self.connect().await? {
                Err(error) => return Ok(Err(error)),
                Ok(opened) if self.used && !opened.resumed => {
                    self.used = false;
                    return Ok(Ok(Answer::Anew(opened)));
                }
                Ok(_) => {}
            }
        }
        let Some(mut line) = self.line.take() else {
            return Err(Trouble::cut(&self.address));
        };
        self.used = true;
        let answered = self.exchange(&mut line, number, requests).await?;
        self.line = Some(line);
        Ok(answered)
    }

    /// Says the call and hears its answer.
    async fn exchange(
        &self,
        line: &mut Line<K>,
        number: u64,
        requests: &[(data::Batch, bool)],
    ) -> Result<Result<Answer, ComponentError>, Trouble> {
        let mut rest = requests.iter();
        let mut next = rest.next();
        let mut joiner = Joiner::default();
        loop {
            // Says and hears at once: an end that gave up reads no more, and says why.
            let heard = tokio::select! {
                biased;
                heard = hear::<K>(&self.dial, &self.address, &mut line.down) => heard?,
                room = line.up.reserve(), if next.is_some() => {
                    let Ok(room) = room else {
                        // Why is still to be heard.
                        next = None;
                        continue;
                    };
                    if let Some((part, last)) = next {
                        room.send(K::part(number, part.clone(), *last));
                    }
                    next = rest.next();
                    continue;
                }
            };
            match heard {
                Heard::Nothing => {}
                Heard::Answer {
                    number: answered,
                    unchanged,
                    part,
                } if answered == number => {
                    let Some(part) = part else {
                        if unchanged {
                            return Ok(Ok(Answer::Unchanged));
                        }
                        return Err(Trouble::protocol(&self.address, "an answer is empty"));
                    };
                    let joined = joiner.add(part);
                    let joined = joined.map_err(|error| Trouble::part(&self.address, error))?;
                    if let Some(joined) = joined {
                        return Ok(Ok(Answer::Output(joined)));
                    }
                }
                Heard::Failed {
                    number: answered,
                    failure,
                } if answered == number => return Ok(Err(failure::from_wire(failure))),
                Heard::TakenOver => return Ok(Err(self.taken_over())),
                // The answer to a call that was given up before.
                Heard::Answer { number: other, .. } | Heard::Failed { number: other, .. }
                    if other < number => {}
                Heard::Opened(_)
                | Heard::Closed(_)
                | Heard::Answer { .. }
                | Heard::Failed { .. } => {
                    return Err(Trouble::protocol(
                        &self.address,
                        "it answers what was not asked",
                    ));
                }
            }
        }
    }

    /// Connects, and opens the session or goes on with it. The inner error is the component's own.
    async fn connect(&mut self) -> Result<Result<Opened, ComponentError>, Trouble> {
        self.line = None;
        let connection = self
            .dial
            .connect(&self.address)
            .await
            .map_err(Trouble::dial)?;
        let (up, requests) = mpsc::channel(16);
        let open = K::open(OpenCalls {
            session: self.session.clone(),
            ping_millis: u32::try_from(PING.as_millis()).unwrap_or(0),
            sources: self.sources.clone(),
        });
        up.send(open)
            .await
            .map_err(|_| Trouble::cut(&self.address))?;
        let down = K::dial(&self.dial, connection, ReceiverStream::new(requests)).await;
        let mut down = down.map_err(|status| Trouble::status(&self.address, status))?;
        loop {
            match hear::<K>(&self.dial, &self.address, &mut down).await? {
                Heard::Nothing => {}
                Heard::Opened(opened) => {
                    self.line = Some(Line { up, down });
                    return Ok(Ok(opened));
                }
                Heard::Failed { failure, .. } => return Ok(Err(failure::from_wire(failure))),
                Heard::TakenOver => return Ok(Err(self.taken_over())),
                Heard::Answer { .. } | Heard::Closed(_) => {
                    return Err(Trouble::protocol(&self.address, "it did not open first"));
                }
            }
        }
    }

    /// Ends the session. Where there is no connection, the other end lets go by itself.
    pub(super) async fn close(&mut self) -> Result<(), ComponentError> {
        let Some(mut line) = self.line.take() else {
            return Ok(());
        };
        let closing = async {
            line.up.send(K::close()).await.ok()?;
            loop {
                match hear::<K>(&self.dial, &self.address, &mut line.down).await {
                    Ok(Heard::Closed(failure)) => return failure,
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        };
        match tokio::time::timeout(CLOSES_WITHIN, closing).await {
            Ok(Some(failed)) => Err(failure::from_wire(failed)),
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// The batches as messages, each with whether it is the last of the call.
    fn requests(&self, batches: &[Batch]) -> Result<Vec<(data::Batch, bool)>, ComponentError> {
        let mut requests = Vec::with_capacity(batches.len());
        for batch in batches {
            let through = Position::at(batch.through());
            let source = batch.source().as_str();
            let max = self.dial.max_message;
            let parts = split(source, &through, batch.events(), &self.codecs, max)?;
            requests.extend(parts.into_iter().map(|part| (part, false)));
        }
        if let Some((_, last)) = requests.last_mut() {
            *last = true;
        }
        Ok(requests)
    }

    fn taken_over(&self) -> ComponentError {
        ComponentError::stop(format!("another writer took `{}` over", self.address))
            .help("only one pipeline can write to a sink at a time; stop the other one")
    }
}

/// The next message, if it comes in time.
async fn hear<K: Kind>(
    dial: &Dial,
    address: &str,
    down: &mut Streaming<K::Response>,
) -> Result<Heard, Trouble> {
    let patience = dial.progress_timeout;
    let heard = tokio::time::timeout(patience, down.message()).await;
    let heard = heard.map_err(|_| Trouble::silence(address, patience.as_secs_f64()))?;
    let heard = heard.map_err(|status| Trouble::status(address, status))?;
    heard.map(K::hear).ok_or_else(|| Trouble::cut(address))
}

impl<K: Kind> fmt::Debug for Caller<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("address", &self.address)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
