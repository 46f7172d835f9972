use std::convert::Infallible;

use flowctl_grpc::proto::DESCRIPTORS;
use tonic::{
    body::Body,
    codegen::{Service, http},
    server::NamedService,
    service::{Routes, RoutesBuilder},
};
use tonic_health::server::HealthReporter;

use super::{
    condition::{Condition, Verdict},
    failure::Failure,
};

/// The gRPC services of a program. `grpc.health.v1` and reflection are served beside them.
#[derive(Debug, Default)]
pub(crate) struct Services {
    routes: RoutesBuilder,
    names: Vec<&'static str>,
}

impl Services {
    /// Serves this too. Message limits are the service's own to set, 64 MiB by
    /// [`MAX_MESSAGE_BYTES`].
    pub(crate) fn add<S>(&mut self, service: S) -> &mut Self
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
        self.routes.add_service(service);
        self
    }

    /// Everything as routes, with the reporter of `grpc.health.v1`.
    pub(super) fn finish(mut self) -> Result<(Routes, Health), Failure> {
        let (reporter, health) = tonic_health::server::health_reporter();
        self.routes.add_service(health);
        let reflection = || {
            let builder = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .with_service_name("grpc.health.v1.Health");
            let mut names = self.names.iter();
            names.try_fold(builder, |builder, name| {
                Ok::<_, Infallible>(builder.with_service_name(*name))
            })
        };
        let failed =
            |error| Failure::because("the descriptors of the services are not valid", error);
        let Ok(v1) = reflection();
        let Ok(v1alpha) = reflection();
        let v1 = v1.build_v1().map_err(failed)?;
        // What grpcurl and others before 2023 ask.
        let v1alpha = v1alpha.build_v1alpha().map_err(failed)?;
        self.routes.add_service(v1);
        self.routes.add_service(v1alpha);
        let health = Health {
            reporter,
            names: self.names,
        };
        Ok((self.routes.routes(), health))
    }
}

/// The largest message that a service takes or gives: 64 MiB. tonic's own limit of 4 MiB for what is
/// taken is below the largest ledgers.
pub(crate) const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// What `grpc.health.v1` says.
pub(super) struct Health {
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl Health {
    /// Says what the condition says, for as long as it is polled.
    pub(super) async fn follow(self, condition: Condition) {
        let mut follower = condition.follow();
        loop {
            let verdict = follower.borrow_and_update().verdict();
            self.say(verdict).await;
            if follower.changed().await.is_err() {
                return;
            }
        }
    }

    async fn say(&self, verdict: Verdict) {
        let status = if verdict.serves() {
            tonic_health::ServingStatus::Serving
        } else {
            tonic_health::ServingStatus::NotServing
        };
        for name in self.names.iter().chain(&[""]) {
            self.reporter.set_service_status(*name, status).await;
        }
    }
}
