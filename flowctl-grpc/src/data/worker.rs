//! The objects behind a session, with what they answer.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use flowctl_core::{
    Batch, Codecs, ComponentError, ComponentId, Processor, Sink,
    component::{Held, OpenSink},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    failure,
    parts::{Joined, split},
};
use crate::{
    dial::Dial,
    offer::Offer,
    proto::data::{
        Batch as WireBatch, Closed, Failed, Failure, OpenCalls, OpenedProcess, OpenedWrite, Ping,
        ProcessRequest, ProcessResponse, Processed, TakenOver, WriteRequest, WriteResponse,
        Written, process_request, process_response, write_request, write_response,
    },
};

/// An object that answers numbered calls, and its messages.
#[async_trait]
pub(super) trait Worker: Sized + Send + 'static {
    type Request: Send + 'static;
    type Response: Clone + Send + 'static;

    /// Whether there may be only one at a time.
    const ALONE: bool;

    /// Makes and opens the object.
    async fn open(offer: &Offer, open: OpenCalls) -> Result<Self, ComponentError>;

    /// Does what the call asks for. What it gives is the answer, in messages.
    async fn call(
        &mut self,
        number: u64,
        batches: Vec<Joined>,
    ) -> Result<Vec<Self::Response>, ComponentError>;

    async fn close(&mut self) -> Result<(), ComponentError>;

    fn opened(&self, resumed: bool) -> Self::Response;
    fn failed(number: u64, failure: Failure) -> Self::Response;
    fn closed(failure: Option<Failure>) -> Self::Response;
    fn taken_over() -> Self::Response;
    fn ping() -> Self::Response;
    fn read(request: Self::Request) -> Asked;
}

/// What a caller asks for.
pub(super) enum Asked {
    Open(OpenCalls),
    /// A part of a batch of the call with this number, and whether it is the last of the call.
    Part {
        number: u64,
        part: WireBatch,
        last: bool,
    },
    Close,
    Nothing,
}

pub(super) struct ProcessorWorker {
    processor: Box<dyn Processor>,
    codecs: Codecs,
}

fn process(response: process_response::Response) -> ProcessResponse {
    ProcessResponse {
        response: Some(response),
    }
}

#[async_trait]
impl Worker for ProcessorWorker {
    type Request = ProcessRequest;
    type Response = ProcessResponse;

    const ALONE: bool = false;

    async fn open(offer: &Offer, _open: OpenCalls) -> Result<Self, ComponentError> {
        let make = offer.processor.as_ref();
        let make = make.ok_or_else(|| ComponentError::stop("there is no processor"))?;
        let mut processor = make(())?;
        processor.open().await?;
        Ok(Self {
            processor,
            codecs: offer.codecs.clone(),
        })
    }

    async fn call(
        &mut self,
        number: u64,
        batches: Vec<Joined>,
    ) -> Result<Vec<ProcessResponse>, ComponentError> {
        let mut responses = Vec::with_capacity(1);
        for joined in batches {
            let through = joined.through.clone();
            let batch = core_batch(joined)?;
            let output = self.processor.process(&batch).await?;
            let unchanged = std::ptr::eq(output.events(), batch.events());
            let mut answer = |output, unchanged| {
                responses.push(process(process_response::Response::Processed(Processed {
                    number,
                    unchanged,
                    output,
                })));
            };
            if unchanged {
                answer(None, true);
                continue;
            }
            let source = batch.source().as_str();
            for part in split(
                source,
                &through,
                output.events(),
                &self.codecs,
                Dial::MAX_MESSAGE,
            )? {
                answer(Some(part), false);
            }
        }
        Ok(responses)
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.processor.close().await
    }

    fn opened(&self, resumed: bool) -> ProcessResponse {
        process(process_response::Response::Opened(OpenedProcess {
            resumed,
        }))
    }

    fn failed(number: u64, failure: Failure) -> ProcessResponse {
        process(process_response::Response::Failed(Failed {
            number,
            failure: Some(failure),
        }))
    }

    fn closed(failure: Option<Failure>) -> ProcessResponse {
        process(process_response::Response::Closed(Closed { failure }))
    }

    fn taken_over() -> ProcessResponse {
        // Several sessions of a processor live side by side.
        Self::ping()
    }

    fn ping() -> ProcessResponse {
        process(process_response::Response::Ping(Ping {}))
    }

    fn read(request: ProcessRequest) -> Asked {
        match request.request {
            Some(process_request::Request::Open(open)) => Asked::Open(open),
            Some(process_request::Request::Batch(batch)) => match batch.batch {
                Some(part) => Asked::Part {
                    number: batch.number,
                    last: !part.more,
                    part,
                },
                None => Asked::Nothing,
            },
            Some(process_request::Request::Close(_)) => Asked::Close,
            None => Asked::Nothing,
        }
    }
}

pub(super) struct SinkWorker {
    sink: Box<dyn Sink>,
    held: Held,
    /// Nobody else has a sink object meanwhile.
    _writing: OwnedMutexGuard<()>,
}

fn write(response: write_response::Response) -> WriteResponse {
    WriteResponse {
        response: Some(response),
    }
}

#[async_trait]
impl Worker for SinkWorker {
    type Request = WriteRequest;
    type Response = WriteResponse;

    const ALONE: bool = true;

    async fn open(offer: &Offer, open: OpenCalls) -> Result<Self, ComponentError> {
        let make = offer.sink.as_ref();
        let make = make.ok_or_else(|| ComponentError::stop("there is no sink"))?;
        let writing = Arc::clone(&offer.writing).lock_owned().await;
        let mut sources = BTreeMap::new();
        for (id, fingerprint) in open.sources {
            sources.insert(component_id(&id)?, fingerprint);
        }
        let mut sink = make(())?;
        match sink.open(&OpenSink::new(sources)).await {
            Ok(held) => Ok(Self {
                sink,
                held,
                _writing: writing,
            }),
            Err(error) => {
                let _ = sink.close().await;
                Err(error)
            }
        }
    }

    async fn call(
        &mut self,
        number: u64,
        batches: Vec<Joined>,
    ) -> Result<Vec<WriteResponse>, ComponentError> {
        let batches = batches.into_iter().map(core_batch);
        let batches: Vec<Batch> = batches.collect::<Result<_, _>>()?;
        self.sink.write(&batches).await?;
        Ok(vec![write(write_response::Response::Written(Written {
            number,
        }))])
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.sink.close().await
    }

    fn opened(&self, resumed: bool) -> WriteResponse {
        let held = match &self.held {
            Held::Positions(positions) => Some(positions),
            _ => None,
        };
        let positions = held.into_iter().flatten();
        write(write_response::Response::Opened(OpenedWrite {
            resumed,
            keeps_positions: held.is_some(),
            held: positions.map(|(id, at)| (id.to_string(), *at)).collect(),
        }))
    }

    fn failed(number: u64, failure: Failure) -> WriteResponse {
        write(write_response::Response::Failed(Failed {
            number,
            failure: Some(failure),
        }))
    }

    fn closed(failure: Option<Failure>) -> WriteResponse {
        write(write_response::Response::Closed(Closed { failure }))
    }

    fn taken_over() -> WriteResponse {
        write(write_response::Response::TakenOver(TakenOver {}))
    }

    fn ping() -> WriteResponse {
        write(write_response::Response::Ping(Ping {}))
    }

    fn read(request: WriteRequest) -> Asked {
        match request.request {
            Some(write_request::Request::Open(open)) => Asked::Open(open),
            Some(write_request::Request::Batch(batch)) => match batch.batch {
                Some(part) => Asked::Part {
                    number: batch.number,
                    last: batch.last,
                    part,
                },
                None => Asked::Nothing,
            },
            Some(write_request::Request::Close(_)) => Asked::Close,
            None => Asked::Nothing,
        }
    }
}

fn core_batch(joined: Joined) -> Result<Batch, ComponentError> {
    let source = component_id(&joined.source)?;
    Ok(Batch::new(source, joined.through.sequence, joined.events))
}

fn component_id(text: &str) -> Result<ComponentId, ComponentError> {
    text.parse().map_err(|error| {
        ComponentError::stop(format!("`{text}` is not the id of a component")).caused_by(error)
    })
}

/// The message of an error.
pub(super) fn failure_of(error: &ComponentError) -> Failure {
    failure::to_wire(error)
}
