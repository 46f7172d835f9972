use std::{fmt, pin::Pin, sync::Arc};

use async_trait::async_trait;
use flowctl_core::{
    ComponentContext, ComponentError, Event, Position, Source,
    component::{Next, Resume, SourceIdentity},
    event::SourceBatch,
};
use futures_util::FutureExt as _;
use tonic::Streaming;

use super::{
    calling::{Calling, Line},
    form::{Form, dress},
    info::{FINGERPRINT, REWINDS},
};
use crate::{
    data::Trouble,
    dial::{Dial, Reconnect},
    offer::Parameters,
    proto::v1::{self, StreamRequest, source_service_client::SourceServiceClient},
};

/// A source that runs elsewhere and is served in `flowctl.v1`.
///
/// A record is named by its cursor; where records have none, by their place in the stream, from 1. When
/// the connection breaks, or a run resumes, a source of this project is told where to begin, another one by
/// its parameter where that is known (see [`begin_with`](V1Source::begin_with)), and else it is read again
/// from where it begins; what is known is left out either way. A source whose cursors do not rise strictly
/// is refused: its records have no names of their own.
///
/// There is no sign of life in the protocol: a stream may be silent for as long as nothing happens. TCP's
/// keep-alive finds hosts that are gone.
pub struct V1Source {
    calling: Calling,
    context: ComponentContext,
    form: Arc<dyn Form>,
    parameters: Parameters,
    begin_with: Option<String>,
    /// Whether it said how it is resumed.
    resumes: bool,
    rewinds: bool,
    after: Option<u64>,
    stream: Stream,
    reconnect: Reconnect,
    /// Records of the present stream, where they are named by their place.
    counted: u64,
    /// Whether the present stream has come to what is new.
    rising: bool,
    named: Option<Named>,
    /// Came with the last batch.
    then: Option<Trouble>,
}

enum Stream {
    Closed,
    /// Being opened, by a future that outlives a dropped call.
    Opening(Opening),
    Open(Box<Streaming<v1::Event>>),
    Ended,
}

type Opening =
    Pin<Box<dyn Future<Output = (Reconnect, Result<Streaming<v1::Event>, ComponentError>)> + Send>>;

/// What names the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Cursor,
    Place,
}

/// The cursor of a position that is a record's own cursor, and not its place in the stream.
const BY_CURSOR: &[u8] = b"cursor";

/// The most that one batch takes of what is there already.
const MOST_EVENTS: usize = 256;
const MOST_BYTES: usize = 1 << 20;

impl V1Source {
    /// The source at `address`. Connects when it is identified.
    pub fn new(
        dial: Dial,
        address: impl Into<String>,
        context: ComponentContext,
        form: Arc<dyn Form>,
    ) -> Self {
        Self {
            reconnect: Reconnect::new(&dial),
            calling: Calling::new(dial, address.into()),
            context,
            form,
            parameters: Parameters::new(),
            begin_with: None,
            resumes: false,
            rewinds: true,
            after: None,
            stream: Stream::Closed,
            counted: 0,
            rising: false,
            named: None,
            then: None,
        }
    }

    /// It is configured with these parameters.
    #[must_use]
    pub fn parameters(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// It takes the first sequence that it is to give in this parameter.
    #[must_use]
    pub fn begin_with(mut self, parameter: impl Into<String>) -> Self {
        self.begin_with = Some(parameter.into());
        self
    }

    /// Opens a stream after what is known. `trouble` is what ended the one before.
    fn opening(&mut self, trouble: Option<ComponentError>) -> Opening {
        self.counted = 0;
        self.rising = false;
        let mut request = StreamRequest {
            params: self.parameters.clone(),
            ..StreamRequest::default()
        };
        if let Some(after) = self.after {
            if self.resumes {
                request.resume = true;
                request.resume_token = after.to_string();
            } else if let Some(parameter) = &self.begin_with
                && self.named == Some(Named::Cursor)
            {
                let first = after.saturating_add(1).to_string();
                request.params.insert(parameter.clone(), first);
            }
        }
        let (dial, address) = (self.calling.dial.clone(), self.calling.address.clone());
        let mut reconnect = std::mem::replace(&mut self.reconnect, Reconnect::new(&dial));
        Box::pin(async move {
            let mut trouble = trouble;
            loop {
                if let Some(error) = trouble.take()
                    && let Err(error) = reconnect.pause(error).await
                {
                    return (reconnect, Err(error));
                }
                match open(&dial, &address, request.clone()).await {
                    Ok(stream) => return (reconnect, Ok(stream)),
                    Err(Trouble::Passing(error)) => trouble = Some(error),
                    Err(Trouble::Lasting(error)) => return (reconnect, Err(error)),
                }
            }
        })
    }

    /// The record as an event; `None` where it is known.
    fn take(&mut self, came: &v1::Event) -> Result<Option<Event>, ComponentError> {
        self.counted += 1;
        let named = match came.cursor {
            Some(_) => Named::Cursor,
            None => Named::Place,
        };
        if *self.named.get_or_insert(named) != named {
            return Err(self.refused("some of its records have a cursor and some do not"));
        }
        let sequence = came
            .cursor
            .as_ref()
            .map_or(self.counted, |cursor| cursor.sequence);
        if self.after.is_some_and(|after| sequence <= after) {
            // What a new stream begins with may be known; after that, two records would have one name.
            return match self.rising {
                true => {
                    Err(self.refused(&format!("its records do not rise: {sequence} comes again")))
                }
                false => Ok(None),
            };
        }
        self.rising = true;
        self.after = Some(sequence);
        let (event_type, payload) = self.form.read(came)?;
        dress(Event::new(event_type, sequence, payload), came).map(Some)
    }

    fn refused(&self, why: &str) -> ComponentError {
        let address = &self.calling.address;
        ComponentError::stop(format!(
            "`{address}` cannot be carried in flowctl.v1: {why}"
        ))
    }
}

async fn open(
    dial: &Dial,
    address: &str,
    request: StreamRequest,
) -> Result<Streaming<v1::Event>, Trouble> {
    let connection = dial.connect(address).await.map_err(Trouble::dial)?;
    let mut client = SourceServiceClient::new(connection)
        .max_decoding_message_size(dial.max_message)
        .max_encoding_message_size(dial.max_message);
    let stream = client.stream_events(request).await;
    let stream = stream.map_err(|status| Trouble::status(address, status))?;
    Ok(stream.into_inner())
}

#[async_trait]
impl Source for V1Source {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let ask = |line: Line| async move {
            let mut client = SourceServiceClient::new(line.connection);
            let answer = client.get_info(()).await;
            answer.map_err(|status| Trouble::status(&line.address, status))
        };
        let info = self.calling.call(ask).await?.into_inner();
        if let Some(fingerprint) = info.metadata.get(FINGERPRINT) {
            self.resumes = true;
            self.rewinds = info
                .metadata
                .get(REWINDS)
                .is_none_or(|rewinds| rewinds == "true");
            let identity = SourceIdentity::new(fingerprint);
            return Ok(match self.rewinds {
                true => identity,
                false => identity.without_rewind(),
            });
        }
        // All that a stranger tells of what its records are.
        let name = if info.name.is_empty() {
            info.id
        } else {
            info.name
        };
        Ok(SourceIdentity::new(format!("flowctl.v1 {name}")))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        // Where it is not known what names the records, the stream is read from its beginning, and what is
        // known of it is left out: slow, and never wrong.
        if resume
            .after
            .as_ref()
            .is_some_and(|after| after.cursor.is_some())
        {
            self.named = Some(Named::Cursor);
        }
        self.after = resume.after.map(|after| after.sequence);
        let (reconnect, opened) = self.opening(None).await;
        self.reconnect = reconnect;
        self.stream = Stream::Open(Box::new(opened?));
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        loop {
            if let Some(trouble) = self.then.take() {
                self.stream = match trouble {
                    Trouble::Passing(error) => Stream::Opening(self.opening(Some(error))),
                    Trouble::Lasting(error) => return Err(error),
                };
            }
            let stream = match &mut self.stream {
                // It was told to end, which says nothing about what would have come.
                Stream::Ended if self.context.cancellation.is_cancelled() => {
                    std::future::pending().await
                }
                Stream::Ended => return Ok(Next::End),
                Stream::Closed => {
                    self.stream = Stream::Opening(self.opening(None));
                    continue;
                }
                Stream::Opening(opening) => {
                    let (reconnect, opened) = opening.await;
                    self.reconnect = reconnect;
                    self.stream = Stream::Closed;
                    self.stream = Stream::Open(Box::new(opened?));
                    continue;
                }
                Stream::Open(stream) => stream,
            };
            let mut came = vec![stream.message().await];
            let mut bytes = 0;
            while let Some(Ok(Some(event))) = came.last() {
                bytes += event.payload.len();
                if came.len() == MOST_EVENTS || bytes >= MOST_BYTES {
                    break;
                }
                match stream.message().now_or_never() {
                    Some(more) => came.push(more),
                    None => break,
                }
            }
            if let Some(batch) = self.batch(came)? {
                return Ok(Next::Batch(batch));
            }
        }
    }
}

impl V1Source {
    /// What came, as a batch; `None` where nothing of it is new.
    fn batch(
        &mut self,
        came: Vec<Result<Option<v1::Event>, tonic::Status>>,
    ) -> Result<Option<SourceBatch>, ComponentError> {
        let mut events = Vec::with_capacity(came.len());
        for came in came {
            match came {
                Ok(Some(came)) => events.extend(self.take(&came)?),
                Ok(None) => self.stream = Stream::Ended,
                Err(status) => {
                    self.then = Some(Trouble::status(&self.calling.address, status));
                }
            }
        }
        let last = events.last().map(Event::sequence);
        Ok(last.map(|last| {
            self.reconnect.progress();
            let through = Position::at(last);
            let through = match self.named {
                Some(Named::Cursor) => through.with_cursor(BY_CURSOR),
                Some(Named::Place) | None => through,
            };
            SourceBatch::new(events, through)
        }))
    }
}

impl fmt::Debug for V1Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V1Source")
            .field("address", &self.calling.address)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
