use std::{convert::Infallible, net::SocketAddr};

use flowctl_core::component::Cancellation;
use flowctl_grpc::{GrpcServer, ServerSettings, serve::Listening};
use tonic::{
    body::Body,
    codegen::{Service, http},
    server::NamedService,
};

use super::failure::Failure;

/// The gRPC services of a program. `grpc.health.v1` and reflection are served beside them.
#[derive(Debug)]
pub(crate) struct Services(GrpcServer);

impl Services {
    pub(super) fn new(settings: ServerSettings) -> Self {
        Self(GrpcServer::new(settings))
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
        let server = std::mem::replace(&mut self.0, GrpcServer::new(ServerSettings::default()));
        self.0 = server.add(service);
    }

    /// Lets in at this address.
    pub(super) async fn listen(self, address: SocketAddr) -> Result<Listening, Failure> {
        let listening = self.0.bind(address).await;
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
