//! The messages of numbered calls, as their caller sees them.

use std::collections::BTreeMap;

use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::describe;
use crate::{
    dial::{Connection, Dial},
    proto::data::{
        self, Close, Failure, OpenCalls, ProcessBatch, ProcessRequest, ProcessResponse, WriteBatch,
        WriteRequest, WriteResponse, process_request, process_response, write_request,
        write_response,
    },
};

/// One of the two kinds of numbered calls.
#[tonic::async_trait]
pub(super) trait Kind: Send + 'static {
    type Request: Send + 'static;
    type Response: Send + 'static;

    fn open(open: OpenCalls) -> Self::Request;
    fn part(number: u64, part: data::Batch, last: bool) -> Self::Request;
    fn close() -> Self::Request;
    fn hear(response: Self::Response) -> Heard;

    async fn dial(
        dial: &Dial,
        connection: Connection,
        requests: ReceiverStream<Self::Request>,
    ) -> Result<Streaming<Self::Response>, Status>;
}

/// What the other end says.
pub(super) enum Heard {
    Opened(Opened),
    /// A part of the answer to a call; `None` where there is nothing in it.
    Answer {
        number: u64,
        unchanged: bool,
        part: Option<data::Batch>,
    },
    Failed {
        number: u64,
        failure: Failure,
    },
    TakenOver,
    Closed(Option<Failure>),
    Nothing,
}

/// How a session begins.
#[derive(Debug, Default)]
pub(super) struct Opened {
    pub(super) resumed: bool,
    /// What a sink that keeps positions holds.
    pub(super) held: Option<BTreeMap<String, u64>>,
}

#[derive(Debug)]
pub(super) struct Processing;

#[tonic::async_trait]
impl Kind for Processing {
    type Request = ProcessRequest;
    type Response = ProcessResponse;

    fn open(open: OpenCalls) -> ProcessRequest {
        ProcessRequest {
            request: Some(process_request::Request::Open(open)),
        }
    }

    fn part(number: u64, part: data::Batch, _last: bool) -> ProcessRequest {
        let batch = ProcessBatch {
            number,
            batch: Some(part),
        };
        ProcessRequest {
            request: Some(process_request::Request::Batch(batch)),
        }
    }

    fn close() -> ProcessRequest {
        ProcessRequest {
            request: Some(process_request::Request::Close(Close {})),
        }
    }

    fn hear(response: ProcessResponse) -> Heard {
        match response.response {
            Some(process_response::Response::Opened(opened)) => Heard::Opened(Opened {
                resumed: opened.resumed,
                held: None,
            }),
            Some(process_response::Response::Processed(processed)) => Heard::Answer {
                number: processed.number,
                unchanged: processed.unchanged,
                part: processed.output,
            },
            Some(process_response::Response::Failed(failed)) => Heard::Failed {
                number: failed.number,
                failure: failed.failure.unwrap_or_default(),
            },
            Some(process_response::Response::Closed(closed)) => Heard::Closed(closed.failure),
            Some(process_response::Response::Ping(_)) | None => Heard::Nothing,
        }
    }

    async fn dial(
        dial: &Dial,
        connection: Connection,
        requests: ReceiverStream<ProcessRequest>,
    ) -> Result<Streaming<ProcessResponse>, Status> {
        let answer = describe::client(dial, connection).process(requests).await?;
        Ok(answer.into_inner())
    }
}

#[derive(Debug)]
pub(super) struct Writing;

#[tonic::async_trait]
impl Kind for Writing {
    type Request = WriteRequest;
    type Response = WriteResponse;

    fn open(open: OpenCalls) -> WriteRequest {
        WriteRequest {
            request: Some(write_request::Request::Open(open)),
        }
    }

    fn part(number: u64, part: data::Batch, last: bool) -> WriteRequest {
        let batch = WriteBatch {
            number,
            batch: Some(part),
            last,
        };
        WriteRequest {
            request: Some(write_request::Request::Batch(batch)),
        }
    }

    fn close() -> WriteRequest {
        WriteRequest {
            request: Some(write_request::Request::Close(Close {})),
        }
    }

    fn hear(response: WriteResponse) -> Heard {
        match response.response {
            Some(write_response::Response::Opened(opened)) => Heard::Opened(Opened {
                resumed: opened.resumed,
                held: opened.keeps_positions.then_some(opened.held),
            }),
            Some(write_response::Response::Written(written)) => Heard::Answer {
                number: written.number,
                unchanged: true,
                part: None,
            },
            Some(write_response::Response::Failed(failed)) => Heard::Failed {
                number: failed.number,
                failure: failed.failure.unwrap_or_default(),
            },
            Some(write_response::Response::TakenOver(_)) => Heard::TakenOver,
            Some(write_response::Response::Closed(closed)) => Heard::Closed(closed.failure),
            Some(write_response::Response::Ping(_)) | None => Heard::Nothing,
        }
    }

    async fn dial(
        dial: &Dial,
        connection: Connection,
        requests: ReceiverStream<WriteRequest>,
    ) -> Result<Streaming<WriteResponse>, Status> {
        let answer = describe::client(dial, connection).write(requests).await?;
        Ok(answer.into_inner())
    }
}
