use std::{convert::Infallible, future::Future, net::SocketAddr, time::Duration};

use tonic::{
    body::Body,
    codegen::{Service, http},
    server::NamedService,
    service::{Routes, interceptor::InterceptedService},
    transport::{Server, server::TcpIncoming},
};
use tonic_health::{ServingStatus, server::HealthReporter};

use tonic_reflection::server::{
    v1::{ServerReflection as V1Reflection, ServerReflectionServer as V1},
    v1alpha::{ServerReflection as V1AlphaReflection, ServerReflectionServer as V1Alpha},
};

use super::{Guard, ServeError, ServerSettings};
use crate::{dial::Dial, proto};

/// Several services on one port.
///
/// Besides what is added it always serves `grpc.health.v1` (to everybody: a probe carries no token) and
/// reflection of what was added.
#[derive(Debug)]
pub struct GrpcServer {
    settings: ServerSettings,
    routes: Routes,
    names: Vec<&'static str>,
    descriptors: Vec<Vec<u8>>,
    health: Health,
}

/// What the health service of a server says. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Health(HealthReporter);

/// A server whose port is taken: connections wait from now on.
#[derive(Debug)]
pub struct Listening {
    server: Server,
    routes: Routes,
    incoming: TcpIncoming,
    address: SocketAddr,
    grace: Duration,
    health: Health,
    names: Vec<&'static str>,
}

impl GrpcServer {
    /// A server with nothing but health and reflection.
    #[must_use]
    pub fn new(settings: ServerSettings) -> Self {
        Self {
            settings,
            routes: Routes::default(),
            names: Vec::new(),
            descriptors: vec![proto::DESCRIPTORS.to_vec()],
            health: Health(HealthReporter::new()),
        }
    }

    /// Serves this too, to those who show the token of the settings.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "services are not numbers")]
    pub fn add<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let guard = Guard::new(self.settings.token.clone());
        let guarded = InterceptedService::new(service, guard);
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(guarded);
        self
    }

    /// Serves this too, to everybody: the service itself decides who may call.
    #[must_use]
    pub fn add_open<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Shows these messages by reflection too: an encoded `google.protobuf.FileDescriptorSet`. For
    /// services that are not of this crate.
    #[must_use]
    pub fn describe(mut self, descriptors: impl Into<Vec<u8>>) -> Self {
        self.descriptors.push(descriptors.into());
        self
    }

    /// What the health service says, to be changed while the server serves.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Takes the port; 0 is any that is free.
    ///
    /// # Errors
    ///
    /// [`ServeError::Listen`] or [`ServeError::Settings`].
    pub async fn bind(self, address: SocketAddr) -> Result<Listening, ServeError> {
        let settings = &self.settings;
        let mut server = Server::builder()
            .http2_keepalive_interval(Some(settings.keep_alive))
            .http2_keepalive_timeout(Some(settings.keep_alive_timeout))
            .initial_stream_window_size(Dial::STREAM_WINDOW)
            .initial_connection_window_size(Dial::CONNECTION_WINDOW);
        if let Some(tls) = &settings.tls {
            let configured = server.tls_config(tls.config());
            server = configured.map_err(|source| ServeError::Settings {
                what: "TLS settings",
                source: source.into(),
            })?;
        }
        let listen = |source| ServeError::Listen { address, source };
        let incoming = TcpIncoming::bind(address)
            .map_err(listen)?
            .with_nodelay(Some(true))
            .with_keepalive(Some(Duration::from_secs(20)));
        let address = incoming.local_addr().map_err(listen)?;

        self.health.serving("", true).await;
        for name in &self.names {
            self.health.serving(name, true).await;
        }
        let (v1, v1alpha) = self.reflection()?;
        let guard = Guard::new(settings.token.clone());
        let health =
            tonic_health::server::HealthService::from_health_reporter(self.health.0.clone());
        let routes = self
            .routes
            .add_service(tonic_health::pb::health_server::HealthServer::new(health))
            .add_service(InterceptedService::new(v1, guard.clone()))
            .add_service(InterceptedService::new(v1alpha, guard));
        Ok(Listening {
            server,
            routes,
            incoming,
            address,
            grace: settings.grace,
            health: self.health,
            names: self.names,
        })
    }

    /// Both versions that tools in the field ask for, showing only what is served.
    fn reflection(
        &self,
    ) -> Result<(V1<impl V1Reflection>, V1Alpha<impl V1AlphaReflection>), ServeError> {
        let build = || {
            let mut builder = tonic_reflection::server::Builder::configure()
                .include_reflection_service(true)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .with_service_name("grpc.health.v1.Health");
            for descriptors in &self.descriptors {
                builder = builder.register_encoded_file_descriptor_set(descriptors);
            }
            self.names
                .iter()
                .fold(builder, |builder, name| builder.with_service_name(*name))
        };
        let unusable = |source: tonic_reflection::server::Error| ServeError::Settings {
            what: "descriptors of the services",
            source: source.into(),
        };
        Ok((
            build().build_v1().map_err(unusable)?,
            build().build_v1alpha().map_err(unusable)?,
        ))
    }
}

impl Health {
    /// Says whether a service serves; the empty name is the server as a whole.
    pub async fn serving(&self, service: &str, serves: bool) {
        let status = match serves {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        };
        self.0.set_service_status(service, status).await;
    }
}

impl Listening {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` completes; then takes no new connection, says by its health service that it does
    /// not serve, lets open calls go on for the grace period of the settings, and returns.
    ///
    /// # Errors
    ///
    /// [`ServeError::Broken`].
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) -> Result<(), ServeError> {
        let Self {
            mut server,
            routes,
            incoming,
            grace,
            health,
            names,
            ..
        } = self;
        let (asked, mut was_asked) = tokio::sync::watch::channel(false);
        let stopping = async {
            stop.await;
            health.serving("", false).await;
            for name in names {
                health.serving(name, false).await;
            }
            asked.send_replace(true);
        };
        let served = server
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, stopping);
        let too_late = async {
            // An error means that the server ended without being asked; the other branch tells.
            if was_asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            served = served => served.map_err(|source| ServeError::Broken { source: source.into() }),
            () = too_late => Ok(()),
        }
    }
}
