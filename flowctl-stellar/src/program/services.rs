use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use flowctl_core::component::Cancellation;
use flowctl_grpc::{GrpcServer, Offer, ServerSettings, data, serve::Listening, v1};
use tonic::{
    body::Body,
    codegen::{Service, http},
    server::NamedService,
};

use super::failure::Failure;
use crate::{Network, wire::StellarForm};

/// The gRPC services of a program. `grpc.health.v1` and reflection are served beside them.
#[derive(Debug)]
pub(crate) struct Services {
    server: GrpcServer,
    offers: Vec<Offer>,
}

impl Services {
    pub(super) fn new(settings: ServerSettings) -> Self {
        Self {
            server: GrpcServer::new(settings),
            offers: Vec::new(),
        }
    }

    /// Serves this too. How large messages may be is the service's own to set:
    /// [`Dial::MAX_MESSAGE`](flowctl_grpc::Dial::MAX_MESSAGE) is right for ledgers.
    pub(crate) fn add<S>(&mut self, service: S)
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let empty = GrpcServer::new(ServerSettings::default());
        self.server = std::mem::replace(&mut self.server, empty).add(service);
    }

    /// Serves this in `flowctl.data.v1` and, in the form that upstream's components know, in
    /// `flowctl.v1`. It drains with the program; who asks it to drain asks the program.
    pub(crate) fn offer(&mut self, offer: Offer, network: Option<Network>) {
        let form: Arc<dyn v1::Form> = Arc::new(StellarForm::default().with_network(network));
        self.add(data::service(&offer));
        if let Some(service) = v1::source_service(&offer, Arc::clone(&form)) {
            self.add(service);
        }
        if let Some(service) = v1::processor_service(&offer, Arc::clone(&form)) {
            self.add(service);
        }
        if let Some(service) = v1::consumer_service(&offer, form) {
            self.add(service);
        }
        self.offers.push(offer);
    }

    /// What is offered.
    pub(super) fn offers(&self) -> Vec<Offer> {
        self.offers.clone()
    }

    /// Lets in at this address.
    pub(super) async fn listen(self, address: SocketAddr) -> Result<Listening, Failure> {
        let listening = self.server.bind(address).await;
        listening.map_err(|error| Failure::because("the gRPC server cannot be started", error))
    }
}

/// Serves until `stop`, and until the calls that are open then have ended.
pub(super) async fn serve(listening: Listening, stop: Cancellation) -> Result<(), Failure> {
    let served = listening.serve(async move { stop.cancelled().await });
    served
        .await
        .map_err(|error| Failure::because("the gRPC server broke", error))
}

/// Lets the offer drain when the program does, and the program when the offer is asked to.
pub(super) async fn drain_together(offer: Offer, drain: Cancellation) {
    let draining = offer.draining();
    tokio::select! {
        () = drain.cancelled() => offer.drain(),
        () = draining.cancelled() => {
            tracing::info!("draining, as a caller has asked for it");
            drain.cancel();
        }
    }
}
