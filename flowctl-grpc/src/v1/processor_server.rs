use std::sync::Arc;

use flowctl_core::{Batch, Chain, ComponentError, ComponentId, Event as CoreEvent, Processor};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    form::{Form, Pen, dress},
    info,
};
use crate::{
    dial::Dial,
    offer::Offer,
    proto::v1::{
        ComponentInfo, ComponentType, Event, HealthCheckRequest, HealthCheckResponse,
        processor_service_server::{ProcessorService, ProcessorServiceServer},
    },
};

/// Serves the processor of an offer in `flowctl.v1`; `None` where there is none.
///
/// Every call is a processor of its own. Outputs leave in the order of their inputs, and the call ends once
/// everything that came has been answered. An error ends the call.
#[must_use]
pub fn processor_service(
    offer: &Offer,
    form: Arc<dyn Form>,
) -> Option<ProcessorServiceServer<V1Processors>> {
    offer.processor.as_ref()?;
    let service = V1Processors {
        offer: offer.clone(),
        form,
    };
    Some(
        ProcessorServiceServer::new(service)
            .max_decoding_message_size(Dial::MAX_MESSAGE)
            .max_encoding_message_size(Dial::MAX_MESSAGE),
    )
}

/// The service behind [`processor_service`].
#[derive(Debug)]
pub struct V1Processors {
    offer: Offer,
    form: Arc<dyn Form>,
}

#[tonic::async_trait]
impl ProcessorService for V1Processors {
    async fn get_info(&self, _request: Request<()>) -> Result<Response<ComponentInfo>, Status> {
        Ok(Response::new(info::info(
            &self.offer,
            ComponentType::Processor,
        )))
    }

    async fn health_check(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(info::health(&self.offer)))
    }

    type ProcessStream = ReceiverStream<Result<Event, Status>>;

    async fn process(
        &self,
        request: Request<Streaming<Event>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let make = self.offer.processor.as_ref();
        let make = make.ok_or_else(|| Status::unimplemented("there is no processor here"))?;
        let made = make(());
        let mut processor = made.map_err(|error| info::status(&error))?;
        let (answers, answered) = mpsc::channel(256);
        let (offer, form) = (self.offer.clone(), Arc::clone(&self.form));
        self.offer.calls.spawn(async move {
            let worked = work(
                &mut *processor,
                &offer,
                &*form,
                request.into_inner(),
                &answers,
            )
            .await;
            if let Err(error) = worked {
                let status = info::status(&error);
                let _ = answers.send(Err(status)).await;
            }
            if let Err(error) = processor.close().await {
                tracing::warn!(error = %Chain(&error), "a processor did not close");
            }
        });
        Ok(Response::new(ReceiverStream::new(answered)))
    }
}

async fn work(
    processor: &mut dyn Processor,
    offer: &Offer,
    form: &dyn Form,
    mut asked: Streaming<Event>,
    answers: &mpsc::Sender<Result<Event, Status>>,
) -> Result<(), ComponentError> {
    processor.open().await?;
    let mut pen = Pen::new(form, &offer.codecs, &offer.about.component);
    let mut place = Place::default();
    // A caller that breaks off gets no answer.
    while let Ok(Some(event)) = asked.message().await {
        let batch = place.batch(form, &event)?;
        for made in processor.process(&batch).await?.events() {
            if answers.send(Ok(pen.write(made)?)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Names events that come without a name.
#[derive(Debug, Default)]
pub(super) struct Place(u64);

impl Place {
    /// The event as a batch of its own, of the source that it says it is from.
    pub(super) fn batch(
        &mut self,
        form: &dyn Form,
        event: &Event,
    ) -> Result<Batch, ComponentError> {
        self.0 += 1;
        let (event_type, payload) = form.read(event)?;
        let sequence = event
            .cursor
            .as_ref()
            .map_or(self.0, |cursor| cursor.sequence);
        let mut read = CoreEvent::new(event_type, sequence, payload);
        if let Some(cursor) = &event.cursor
            && cursor.index > 0
        {
            read = read.with_path([cursor.index - 1][..].into());
        }
        let read = dress(read, event)?;
        Ok(Batch::new(source_of(event)?, sequence, vec![read]))
    }
}

fn source_of(event: &Event) -> Result<ComponentId, ComponentError> {
    let name = match event.source_component_id.as_str() {
        "" => "unnamed",
        name => name,
    };
    name.parse().map_err(|error| {
        ComponentError::stop(format!("`{name}` is not the id of a component")).caused_by(error)
    })
}
