//! The event service as tonic calls it.

use std::{
    any::Any,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use bytes::Bytes;
use flowctl_grpc::Dial;
use futures_util::{Stream, future::BoxFuture};
use tokio::{sync::mpsc, task::JoinSet};
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{Service, http},
    metadata::MetadataValue,
    server::{Grpc, NamedService, ServerStreamingService},
};

use super::{
    EVENT_PROTOCOL, EventServer, GET_EVENTS, MARKS, NETWORK_ID, RawCodec, event_call::EventCall,
    message,
};
use crate::source::LedgerRange;

/// The first ledger that any network tells: ledger 1 is its genesis.
const FIRST_LEDGER: u32 = 2;

/// As many ledgers are derived ahead of a reader.
const AHEAD: usize = 2;

impl NamedService for EventServer {
    const NAME: &'static str = EVENT_PROTOCOL;
}

impl Service<http::Request<Body>> for EventServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            if request.uri().path() != GET_EVENTS {
                return Ok(Status::unimplemented("there is no such method").into_http());
            }
            let mut grpc = Grpc::new(RawCodec).max_decoding_message_size(Dial::MAX_MESSAGE);
            Ok(grpc.server_streaming(Answering(server), request).await)
        })
    }
}

/// The one method of the service, apart from the server, which has no other business with tonic.
struct Answering(EventServer);

impl ServerStreamingService<Bytes> for Answering {
    type Response = Bytes;
    type ResponseStream = EventStream;
    type Future = BoxFuture<'static, Result<Response<EventStream>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let stream = self.0.stream(&request);
        Box::pin(async move { stream })
    }
}

impl EventServer {
    fn stream(&self, request: &Request<Bytes>) -> Result<Response<EventStream>, Status> {
        let asked = message::Request::read(request.get_ref()).map_err(|error| {
            Status::invalid_argument(format!("the request is malformed: {error}"))
        })?;
        let range = range(asked)?;
        if self.0.drain.is_cancelled() {
            return Err(Status::unavailable("the server is draining"));
        }
        let marks = request.metadata().contains_key(MARKS);
        let (to, ledgers) = mpsc::channel(AHEAD);
        let mut task = JoinSet::new();
        task.spawn(EventCall::new(self, range, marks, to).answer());
        let mut response = Response::new(EventStream {
            ledgers,
            messages: Vec::new().into_iter(),
            _task: task,
            _began: self.0.watch.began(),
        });
        let headers = response.metadata_mut();
        if marks {
            headers.insert(MARKS, MetadataValue::from_static("1"));
        }
        if let Ok(id) = self.0.network.id().to_string().parse() {
            headers.insert(NETWORK_ID, id);
        }
        Ok(response)
    }
}

/// The range that is asked for.
fn range(asked: message::Request) -> Result<LedgerRange, Status> {
    let message::Request { start, end } = asked;
    if end != 0 && end < start {
        return Err(Status::invalid_argument(format!(
            "end_ledger {end} is below start_ledger {start}; 0 is a stream without an end"
        )));
    }
    let start = Some(start).filter(|start| *start > 0);
    let start = start.map(|start| start.max(FIRST_LEDGER));
    let end = Some(end).filter(|end| *end > 0);
    LedgerRange::new(start, end).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// The messages of one call.
struct EventStream {
    ledgers: mpsc::Receiver<Result<Vec<Bytes>, Status>>,
    messages: vec::IntoIter<Bytes>,
    /// Ends with the stream.
    _task: JoinSet<()>,
    _began: Box<dyn Any + Send>,
}

impl Stream for EventStream {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(message) = self.messages.next() {
                return Poll::Ready(Some(Ok(message)));
            }
            match std::task::ready!(self.ledgers.poll_recv(context)) {
                None => return Poll::Ready(None),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                Some(Ok(messages)) => self.messages = messages.into_iter(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn a_range_is_what_the_table_says() {
        let asked = |start, end| range(message::Request { start, end });
        let is = |start, end| LedgerRange::new(start, end).unwrap();
        assert_eq!(asked(0, 0).unwrap(), is(None, None));
        assert_eq!(asked(1, 0).unwrap(), is(Some(2), None));
        assert_eq!(asked(2, 2).unwrap(), is(Some(2), Some(2)));
        assert_eq!(asked(0, 9).unwrap(), is(None, Some(9)));
        assert_eq!(asked(1, 2).unwrap(), is(Some(2), Some(2)));
        assert_eq!(asked(1, 1).unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(asked(9, 8).unwrap_err().code(), Code::InvalidArgument);
    }
}
