use std::sync::Arc;

use flowctl_core::{
    Batch, Chain, ComponentError, Disposition, Sink,
    component::{Held, OpenSink},
};
use futures_util::FutureExt as _;
use tonic::{Request, Response, Status, Streaming};

use super::{form::Form, info, processor_server::Place};
use crate::{
    dial::{Dial, Reconnect},
    offer::Offer,
    proto::v1::{
        ComponentInfo, ComponentType, ConsumeResponse, Event, HealthCheckRequest,
        HealthCheckResponse,
        consumer_service_server::{ConsumerService, ConsumerServiceServer},
    },
};

/// Serves the sink of an offer in `flowctl.v1`; `None` where there is none.
///
/// A call is answered once everything that it carried is durable or refused; calls wait for each other. An
/// event that the sink can never take is counted as failed. Any other error fails the call, and nobody may
/// count on what it carried. A sink that keeps positions is not given what it holds: its sources must give
/// their records cursors.
#[must_use]
pub fn consumer_service(
    offer: &Offer,
    form: Arc<dyn Form>,
) -> Option<ConsumerServiceServer<V1Consumers>> {
    offer.sink.as_ref()?;
    let service = V1Consumers {
        offer: offer.clone(),
        form,
    };
    Some(
        ConsumerServiceServer::new(service)
            .max_decoding_message_size(Dial::MAX_MESSAGE)
            .max_encoding_message_size(Dial::MAX_MESSAGE),
    )
}

/// The service behind [`consumer_service`].
#[derive(Debug)]
pub struct V1Consumers {
    offer: Offer,
    form: Arc<dyn Form>,
}

/// The most events of one write.
const MOST: usize = 1_024;

#[tonic::async_trait]
impl ConsumerService for V1Consumers {
    async fn get_info(&self, _request: Request<()>) -> Result<Response<ComponentInfo>, Status> {
        Ok(Response::new(info::info(
            &self.offer,
            ComponentType::Consumer,
        )))
    }

    async fn health_check(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(info::health(&self.offer)))
    }

    async fn consume(
        &self,
        request: Request<Streaming<Event>>,
    ) -> Result<Response<ConsumeResponse>, Status> {
        let make = self.offer.sink.clone();
        let make = make.ok_or_else(|| Status::unimplemented("there is no sink here"))?;
        let (offer, form) = (self.offer.clone(), Arc::clone(&self.form));
        // In a task of its own: what is being written is finished when the caller is gone.
        let taken = self.offer.calls.spawn(async move {
            let _writing = offer.writing.lock().await;
            let mut sink = make(())?;
            let taken = take(&mut *sink, &*form, request.into_inner()).await;
            let closed = sink.close().await;
            let taken = taken?;
            closed.map(|()| taken)
        });
        match taken.await {
            Ok(Ok(taken)) => Ok(Response::new(taken)),
            Ok(Err(error)) => Err(info::status(&error)),
            Err(_) => Err(Status::internal("the sink panicked")),
        }
    }
}

async fn take(
    sink: &mut dyn Sink,
    form: &dyn Form,
    mut events: Streaming<Event>,
) -> Result<ConsumeResponse, ComponentError> {
    let held = sink.open(&OpenSink::default()).await?;
    let mut taken = ConsumeResponse::default();
    let mut place = Place::default();
    let broke =
        |status: Status| ComponentError::retry("the caller broke the call off").caused_by(status);
    let mut over = false;
    while !over {
        let mut waiting = Vec::new();
        let mut came = Some(events.message().await);
        while let Some(next) = came {
            match next.map_err(broke)? {
                Some(event) => waiting.push(place.batch(form, &event)?),
                None => over = true,
            }
            came = match over || waiting.len() == MOST {
                true => None,
                false => events.message().now_or_never(),
            };
        }
        let count = waiting.len();
        let known = |batch: &Batch| match &held {
            Held::Positions(positions) => positions
                .get(batch.source())
                .is_some_and(|held| batch.through() <= *held),
            _ => false,
        };
        waiting.retain(|batch| !known(batch));
        let refused = write(sink, waiting).await?;
        let failed = i64::try_from(refused.len()).unwrap_or(i64::MAX);
        taken.events_consumed += i64::try_from(count).unwrap_or(i64::MAX) - failed;
        taken.events_failed += failed;
        taken.errors.extend(refused);
    }
    Ok(taken)
}

/// Writes, and leaves out what the sink can never take; gives why, an event each.
async fn write(
    sink: &mut dyn Sink,
    mut batches: Vec<Batch>,
) -> Result<Vec<String>, ComponentError> {
    let mut refused = Vec::new();
    let mut patience = Reconnect::new(&Dial::default());
    while !batches.is_empty() {
        let error = match sink.write(&batches).await {
            Ok(()) => break,
            Err(error) => error,
        };
        if error.is_transient() {
            patience.pause(error).await?;
            continue;
        }
        let Disposition::Skip(names) = error.disposition() else {
            return Err(error);
        };
        let before = batches.len();
        let named = |batch: &Batch| {
            batch.events().iter().any(|event| {
                names
                    .iter()
                    .any(|(sequence, path)| *sequence == event.sequence() && path == event.path())
            })
        };
        batches.retain(|batch| !named(batch));
        if batches.len() == before {
            return Err(error);
        }
        let why = Chain(&error).to_string();
        refused.extend(std::iter::repeat_n(why, before - batches.len()));
    }
    Ok(refused)
}
