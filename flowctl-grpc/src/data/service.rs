use std::sync::Arc;

use flowctl_core::{ComponentError, Sink};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    call::Calls,
    failure,
    read::Reader,
    worker::{ProcessorWorker, SinkWorker},
};
use crate::{
    dial::Dial,
    offer::{Offer, Parameters},
    proto::data::{
        DescribeRequest, DescribeResponse, Description, DrainRequest, DrainResponse,
        ProcessRequest, ProcessResponse, ReadRequest, ReadResponse, ResetRequest, ResetResponse,
        Role, SourceIdentity, WriteRequest, WriteResponse,
        component_server::{Component, ComponentServer},
        describe_response::Answer,
    },
};

/// Serves what is offered in `flowctl.data.v1`. Add it to a [`GrpcServer`](crate::GrpcServer).
///
/// Calls go on in tasks of their own, so that what a component does is finished when its caller is gone;
/// [`Offer::finished`] waits for them.
#[must_use]
pub fn service(offer: &Offer) -> ComponentServer<DataService> {
    let service = DataService {
        processors: offer.processor.clone().map(|_| Calls::new(offer)),
        sinks: offer.sink.clone().map(|_| Calls::new(offer)),
        offer: offer.clone(),
    };
    ComponentServer::new(service)
        .max_decoding_message_size(Dial::MAX_MESSAGE)
        .max_encoding_message_size(Dial::MAX_MESSAGE)
}

/// The service behind [`service`].
#[derive(Debug)]
pub struct DataService {
    offer: Offer,
    processors: Option<Arc<Calls<ProcessorWorker>>>,
    sinks: Option<Arc<Calls<SinkWorker>>>,
}

impl DataService {
    async fn description(&self, of: Role) -> Result<Description, ComponentError> {
        let offer = &self.offer;
        let names = |types: &[flowctl_core::EventType]| -> Vec<String> {
            types.iter().map(ToString::to_string).collect()
        };
        let mut description = Description {
            component_id: offer.about.component.clone(),
            program: offer.about.program.clone(),
            version: offer.about.version.clone(),
            accepts: names(&offer.about.accepts),
            emits: names(&offer.about.emits),
            stateless: offer.about.stateless,
            non_deterministic: offer.about.non_deterministic,
            draining: offer.draining.is_cancelled(),
            ..Description::default()
        };
        if offer.source.is_some() {
            description.roles.push(Role::Source.into());
        }
        if let (Some(make), Role::Source | Role::Unspecified) = (&offer.source, of) {
            let mut source = make(&Parameters::new())?;
            let identity = source.identify().await;
            description.tip = source.tip();
            if let Err(error) = source.close().await {
                tracing::debug!(%error, "a source that was asked who it is did not close");
            }
            let identity = identity?;
            description.source = Some(SourceIdentity {
                fingerprint: identity.fingerprint,
                rewinds: identity.rewinds,
            });
        }
        if offer.processor.is_some() {
            description.roles.push(Role::Processor.into());
        }
        if offer.sink.is_some() {
            description.roles.push(Role::Sink.into());
        }
        Ok(description)
    }

    async fn emptied(&self, calls: &Calls<SinkWorker>) -> Result<(), ComponentError> {
        let make = self.offer.sink.as_ref();
        let make = make.ok_or_else(|| ComponentError::stop("there is no sink"))?;
        // Whoever writes is told that somebody else does now.
        calls.supersede_all().await;
        let _writing = self.offer.writing.lock().await;
        let mut sink: Box<dyn Sink> = make(())?;
        let reset = sink.reset().await;
        let closed = sink.close().await;
        reset.and(closed)
    }
}

#[tonic::async_trait]
impl Component for DataService {
    async fn describe(
        &self,
        request: Request<DescribeRequest>,
    ) -> Result<Response<DescribeResponse>, Status> {
        let answer = match self.description(request.into_inner().role()).await {
            Ok(description) => Answer::Description(description),
            Err(error) => Answer::Failure(failure::to_wire(&error)),
        };
        Ok(Response::new(DescribeResponse {
            answer: Some(answer),
        }))
    }

    type ReadStream = ReceiverStream<Result<ReadResponse, Status>>;

    async fn read(
        &self,
        request: Request<Streaming<ReadRequest>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let Some(make) = self.offer.source.clone() else {
            return Err(Status::unimplemented("there is no source here"));
        };
        if self.offer.draining.is_cancelled() {
            return Err(Status::unavailable("this component drains"));
        }
        let responses = Reader::start(&self.offer, make, request.into_inner());
        Ok(Response::new(responses))
    }

    type ProcessStream = ReceiverStream<Result<ProcessResponse, Status>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        match &self.processors {
            Some(calls) => Ok(Response::new(calls.start(request.into_inner()))),
            None => Err(Status::unimplemented("there is no processor here")),
        }
    }

    type WriteStream = ReceiverStream<Result<WriteResponse, Status>>;

    async fn write(
        &self,
        request: Request<Streaming<WriteRequest>>,
    ) -> Result<Response<Self::WriteStream>, Status> {
        match &self.sinks {
            Some(calls) => Ok(Response::new(calls.start(request.into_inner()))),
            None => Err(Status::unimplemented("there is no sink here")),
        }
    }

    async fn reset(
        &self,
        _request: Request<ResetRequest>,
    ) -> Result<Response<ResetResponse>, Status> {
        let Some(calls) = &self.sinks else {
            return Err(Status::unimplemented("there is no sink here"));
        };
        let failure = self.emptied(calls).await.err();
        Ok(Response::new(ResetResponse {
            failure: failure.map(|error| failure::to_wire(&error)),
        }))
    }

    async fn drain(
        &self,
        _request: Request<DrainRequest>,
    ) -> Result<Response<DrainResponse>, Status> {
        self.offer.drain();
        Ok(Response::new(DrainResponse {}))
    }
}
