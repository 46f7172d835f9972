use std::{collections::BTreeMap, sync::Arc};

use flowctl_core::{
    Chain, Codecs, ComponentError, Position, Source,
    component::{Cancellation, Next, Resume},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{
    form::{Form, Pen},
    info::{self, FINGERPRINT, REWINDS},
};
use crate::{
    dial::{Dial, Reconnect},
    offer::{Offer, Parameters},
    proto::v1::{
        ComponentInfo, ComponentType, Event, HealthCheckRequest, HealthCheckResponse,
        SaveStateRequest, StateRequest, StateResponse, StreamRequest,
        source_service_server::{SourceService, SourceServiceServer},
    },
};

/// Serves the source of an offer in `flowctl.v1`; `None` where there is none.
///
/// `StreamRequest.params` go to the source's factory. A resume token is the last sequence that the caller
/// knows, in decimal. Every stream is a source of its own. There are no acknowledgements: the source is told
/// none.
#[must_use]
pub fn source_service(
    offer: &Offer,
    form: Arc<dyn Form>,
) -> Option<SourceServiceServer<V1Sources>> {
    offer.source.as_ref()?;
    let service = V1Sources {
        offer: offer.clone(),
        form,
    };
    Some(
        SourceServiceServer::new(service)
            .max_decoding_message_size(Dial::MAX_MESSAGE)
            .max_encoding_message_size(Dial::MAX_MESSAGE),
    )
}

/// The service behind [`source_service`].
#[derive(Debug)]
pub struct V1Sources {
    offer: Offer,
    form: Arc<dyn Form>,
}

/// One stream.
struct Stream {
    source: Box<dyn Source>,
    component: String,
    codecs: Codecs,
    form: Arc<dyn Form>,
    draining: Cancellation,
    events: mpsc::Sender<Result<Event, Status>>,
}

impl V1Sources {
    fn make(&self, parameters: &Parameters) -> Result<Box<dyn Source>, Status> {
        let make = self.offer.source.as_ref();
        let make = make.ok_or_else(|| Status::unimplemented("there is no source here"))?;
        make(parameters).map_err(|error| Status::invalid_argument(Chain(&error).to_string()))
    }
}

#[tonic::async_trait]
impl SourceService for V1Sources {
    async fn get_info(&self, _request: Request<()>) -> Result<Response<ComponentInfo>, Status> {
        let mut info = info::info(&self.offer, ComponentType::Source);
        // A source that needs parameters to say who it is says nothing.
        if let Ok(mut source) = self.make(&Parameters::new()) {
            if let Ok(identity) = source.identify().await {
                let rewinds = identity.rewinds.to_string();
                info.metadata
                    .insert(FINGERPRINT.to_owned(), identity.fingerprint);
                info.metadata.insert(REWINDS.to_owned(), rewinds);
            }
            close(&mut *source).await;
        }
        Ok(Response::new(info))
    }

    async fn health_check(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(info::health(&self.offer)))
    }

    type StreamEventsStream = ReceiverStream<Result<Event, Status>>;

    async fn stream_events(
        &self,
        request: Request<StreamRequest>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let request = request.into_inner();
        if self.offer.draining.is_cancelled() {
            return Err(Status::unavailable("this component drains"));
        }
        let resume = match request.resume && !request.resume_token.is_empty() {
            false => Resume::default(),
            true => {
                let token = request.resume_token.parse();
                let after = token.map_err(|_| {
                    Status::invalid_argument("a resume token is the last sequence that is known")
                })?;
                Resume::after(Position::at(after))
            }
        };
        let (events, streamed) = mpsc::channel(256);
        let stream = Stream {
            source: self.make(&request.params)?,
            component: self.offer.about.component.clone(),
            codecs: self.offer.codecs.clone(),
            form: Arc::clone(&self.form),
            draining: self.offer.draining.clone(),
            events,
        };
        self.offer.calls.spawn(stream.run(resume));
        Ok(Response::new(ReceiverStream::new(streamed)))
    }

    async fn get_state(
        &self,
        _request: Request<StateRequest>,
    ) -> Result<Response<StateResponse>, Status> {
        // Whoever reads keeps its own place: there is none here.
        Ok(Response::new(StateResponse {
            state: BTreeMap::new(),
            resume_token: String::new(),
            last_updated_unix: 0,
        }))
    }

    async fn save_state(
        &self,
        _request: Request<SaveStateRequest>,
    ) -> Result<Response<()>, Status> {
        Err(Status::unimplemented(
            "readers keep their own place; give it back as the resume token",
        ))
    }
}

/// Why a stream is over.
enum Over {
    /// The source has come to its end, or nobody reads any more.
    Ended,
    /// The component drains; more would follow.
    Draining,
}

impl Stream {
    async fn run(mut self, resume: Resume) {
        let events = self.events.clone();
        let pumped = tokio::select! {
            biased;
            () = events.closed() => Ok(Over::Ended),
            pumped = self.pump(resume) => pumped,
        };
        let last = match pumped {
            Ok(Over::Ended) => None,
            // An orderly end would say that nothing follows.
            Ok(Over::Draining) => Some(Status::unavailable("this component drains")),
            Err(error) => Some(info::status(&error)),
        };
        if let Some(status) = last {
            let _ = events.send(Err(status)).await;
        }
        close(&mut *self.source).await;
    }

    async fn pump(&mut self, resume: Resume) -> Result<Over, ComponentError> {
        self.source.identify().await?;
        self.source.open(resume).await?;
        let mut patience = Reconnect::new(&Dial::default());
        loop {
            let next = tokio::select! {
                biased;
                () = self.draining.cancelled() => return Ok(Over::Draining),
                next = self.source.next() => next,
            };
            let batch = match next {
                Ok(Next::Batch(batch)) => batch,
                Ok(Next::End) => return Ok(Over::Ended),
                // There is no word for it.
                Ok(_) => continue,
                Err(error) if error.is_transient() => {
                    patience.pause(error).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            patience.progress();
            let mut pen = Pen::new(&*self.form, &self.codecs, &self.component);
            for event in &batch.events {
                let written = pen.write(event)?;
                if self.events.send(Ok(written)).await.is_err() {
                    return Ok(Over::Ended);
                }
            }
        }
    }
}

async fn close(source: &mut dyn Source) {
    if let Err(error) = source.close().await {
        tracing::warn!(error = %Chain(&error), "a source did not close");
    }
}
