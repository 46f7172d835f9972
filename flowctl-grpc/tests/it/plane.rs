//! A control plane on a free port, its two clients, and a run of three components.

use std::{sync::Arc, time::Duration};

use flowctl_core::{
    ComponentKind, ControlPlane, PipelineSpec, Registry, RunHandle, Runner, Source, adapt,
    control::{Expected, Roster},
    run::RunHistory,
    spec::{Component, Role},
    store::MemoryStore,
    testing::Numbers,
};
use flowctl_grpc::{
    ControlPlaneServer, ControlPlaneSettings, ServedRun,
    proto::{
        legacy::{ServiceInfo, ServiceType, control_plane_client::ControlPlaneClient},
        v1::control_plane_service_client::ControlPlaneServiceClient,
    },
};
use tonic::transport::Channel;

pub(crate) struct Plane {
    pub(crate) server: ControlPlaneServer,
    pub(crate) legacy: ControlPlaneClient<Channel>,
    pub(crate) v1: ControlPlaneServiceClient<Channel>,
}

impl Plane {
    pub(crate) async fn start() -> Self {
        let mut settings = ControlPlaneSettings::default();
        settings.port = Some(0);
        Self::start_with(settings).await
    }

    pub(crate) async fn start_with(settings: ControlPlaneSettings) -> Self {
        let server = ControlPlaneServer::start(settings).await.unwrap();
        let url = format!("http://{}", server.address());
        Self {
            legacy: ControlPlaneClient::connect(url.clone()).await.unwrap(),
            v1: ControlPlaneServiceClient::connect(url).await.unwrap(),
            server,
        }
    }

    pub(crate) fn roster(&self) -> &Roster {
        self.server.roster()
    }

    /// Expects a source, a processor and a sink, as a run of programs on this host does.
    pub(crate) fn expect_three(&self) {
        for (id, role, health_port) in [
            ("stellar-live-source", Role::Source, 18081),
            ("ttp-processor", Role::Processor, 18082),
            ("consumer-app", Role::Sink, 18083),
        ] {
            let mut expected = Expected::new(id.parse().unwrap(), role);
            expected.health_port = Some(health_port);
            expected.heartbeat_every = Some(Duration::from_secs(10));
            self.roster().expect(expected);
        }
    }
}

pub(crate) fn service(kind: ServiceType) -> ServiceInfo {
    ServiceInfo {
        service_type: kind.into(),
        ..ServiceInfo::default()
    }
}

/// A run of one process that counts to `last` and, unless it is bounded, then waits to be stopped.
pub(crate) struct Counting {
    pub(crate) handle: RunHandle,
    pub(crate) history: RunHistory,
    pub(crate) spec: PipelineSpec,
    pub(crate) runner: Runner,
}

pub(crate) async fn counting(last: u64, bounded: bool) -> Counting {
    let mut registry = Registry::new();
    let kind = ComponentKind::source("count", "counts");
    registry
        .source(kind, move |(): (), _| {
            let numbers = Numbers::to(last);
            let numbers = if bounded {
                numbers
            } else {
                numbers.then_idle()
            };
            Ok(Box::new(numbers) as Box<dyn Source>)
        })
        .unwrap();
    registry
        .sink(ComponentKind::sink("take", "takes"), |(): (), _| {
            Ok(adapt::sink(|_| Ok(())))
        })
        .unwrap();
    let spec = PipelineSpec::builder("numbers")
        .source("in", Component::native("count"))
        .sink("out", Component::native("take").input("in"))
        .build()
        .unwrap();
    let store = Arc::new(MemoryStore::new());
    let history = RunHistory::open(store, &spec.namespace, &spec.name, RunHistory::KEPT);
    let history = history.await.unwrap();
    let runner = Runner::builder(registry).build();
    let handle = runner.start(&spec).unwrap();
    Counting {
        handle,
        history,
        spec,
        runner,
    }
}

impl Counting {
    pub(crate) fn served(&self) -> ServedRun {
        ServedRun::new(self.handle.control(), self.history.clone())
            .plan(&self.runner.plan(&self.spec).unwrap())
            .grace(Duration::from_secs(20))
    }

    /// Waits until the sink has taken all there is.
    pub(crate) async fn taken(&self, events: u64) {
        while self.handle.status().components[1].events_in < events {
            tokio::task::yield_now().await;
        }
    }
}
