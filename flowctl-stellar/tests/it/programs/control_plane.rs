use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use flowctl_grpc::{
    GrpcServer, ServerSettings,
    proto::{
        legacy::{self, control_plane_server::ControlPlaneServer},
        v1::{self, control_plane_service_server::ControlPlaneServiceServer},
    },
};
use tokio::{sync::mpsc, task::JoinSet};
use tonic::{Request, Response, Status};

/// What a control plane was told.
#[derive(Debug)]
pub(crate) enum Told {
    V1(v1::RegisterRequest),
    Legacy(legacy::ServiceInfo),
    V1Heartbeat(v1::HeartbeatRequest),
    LegacyHeartbeat(legacy::ServiceHeartbeat),
    Gone(String),
}

/// A control plane that remembers what it was told.
pub(crate) struct ControlPlane {
    pub(crate) address: String,
    pub(crate) told: mpsc::Receiver<Told>,
    /// Whether it forgets whoever has registered, once.
    pub(crate) forgets: Arc<AtomicBool>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Listener {
    to: mpsc::Sender<Told>,
    forgets: Arc<AtomicBool>,
    registered: Arc<Mutex<u32>>,
}

impl ControlPlane {
    /// One that speaks `flowctl.v1`.
    pub(crate) async fn v1() -> Self {
        Self::start(true).await
    }

    /// One that only speaks what was before it.
    pub(crate) async fn legacy() -> Self {
        Self::start(false).await
    }

    async fn start(has_v1: bool) -> Self {
        let (to, told) = mpsc::channel(1_000);
        let listener = Listener {
            to,
            forgets: Arc::default(),
            registered: Arc::default(),
        };
        let forgets = Arc::clone(&listener.forgets);
        let server = GrpcServer::new(ServerSettings::default());
        let server = match has_v1 {
            true => server.add(ControlPlaneServiceServer::new(listener)),
            false => server.add(ControlPlaneServer::new(listener)),
        };
        let listening = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listening.address().to_string();
        let mut serving = JoinSet::new();
        serving.spawn(async move { listening.serve(std::future::pending()).await.unwrap() });
        Self {
            address,
            told,
            forgets,
            _serving: serving,
        }
    }
}

impl Listener {
    async fn tell(&self, told: Told) {
        let _ = self.to.send(told).await;
    }

    fn next_id(&self) -> String {
        let mut registered = self.registered.lock().unwrap();
        *registered += 1;
        format!("id-{registered}")
    }
}

#[tonic::async_trait]
impl v1::control_plane_service_server::ControlPlaneService for Listener {
    async fn register_component(
        &self,
        request: Request<v1::RegisterRequest>,
    ) -> Result<Response<v1::RegisterResponse>, Status> {
        self.tell(Told::V1(request.into_inner())).await;
        Ok(Response::new(v1::RegisterResponse {
            service_id: self.next_id(),
            ..v1::RegisterResponse::default()
        }))
    }

    async fn unregister_component(
        &self,
        request: Request<v1::UnregisterRequest>,
    ) -> Result<Response<()>, Status> {
        self.tell(Told::Gone(request.into_inner().service_id)).await;
        Ok(Response::new(()))
    }

    async fn heartbeat(
        &self,
        request: Request<v1::HeartbeatRequest>,
    ) -> Result<Response<()>, Status> {
        if self.forgets.swap(false, Ordering::SeqCst) {
            return Err(Status::not_found("who are you?"));
        }
        self.tell(Told::V1Heartbeat(request.into_inner())).await;
        Ok(Response::new(()))
    }

    async fn discover_components(
        &self,
        _request: Request<v1::DiscoveryRequest>,
    ) -> Result<Response<v1::DiscoveryResponse>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn get_component_status(
        &self,
        _request: Request<v1::ComponentStatusRequest>,
    ) -> Result<Response<v1::ComponentStatusResponse>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn list_components(
        &self,
        _request: Request<v1::ListComponentsRequest>,
    ) -> Result<Response<v1::ListComponentsResponse>, Status> {
        Err(Status::internal("not asked for"))
    }
}

#[tonic::async_trait]
impl legacy::control_plane_server::ControlPlane for Listener {
    async fn register(
        &self,
        request: Request<legacy::ServiceInfo>,
    ) -> Result<Response<legacy::RegistrationAck>, Status> {
        self.tell(Told::Legacy(request.into_inner())).await;
        Ok(Response::new(legacy::RegistrationAck {
            service_id: self.next_id(),
            ..legacy::RegistrationAck::default()
        }))
    }

    async fn heartbeat(
        &self,
        request: Request<legacy::ServiceHeartbeat>,
    ) -> Result<Response<()>, Status> {
        let heartbeat = request.into_inner();
        if self.forgets.swap(false, Ordering::SeqCst) {
            // As the Go control plane says it.
            return Err(Status::unknown(format!(
                "service {} not found",
                heartbeat.service_id
            )));
        }
        self.tell(Told::LegacyHeartbeat(heartbeat)).await;
        Ok(Response::new(()))
    }

    async fn get_service_status(
        &self,
        _request: Request<legacy::ServiceInfo>,
    ) -> Result<Response<legacy::ServiceStatus>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn list_services(
        &self,
        _request: Request<()>,
    ) -> Result<Response<legacy::ServiceList>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn create_pipeline_run(
        &self,
        _request: Request<legacy::CreatePipelineRunRequest>,
    ) -> Result<Response<legacy::PipelineRun>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn update_pipeline_run(
        &self,
        _request: Request<legacy::UpdatePipelineRunRequest>,
    ) -> Result<Response<legacy::PipelineRun>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn get_pipeline_run(
        &self,
        _request: Request<legacy::GetPipelineRunRequest>,
    ) -> Result<Response<legacy::PipelineRun>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn list_pipeline_runs(
        &self,
        _request: Request<legacy::ListPipelineRunsRequest>,
    ) -> Result<Response<legacy::ListPipelineRunsResponse>, Status> {
        Err(Status::internal("not asked for"))
    }

    async fn stop_pipeline_run(
        &self,
        _request: Request<legacy::StopPipelineRunRequest>,
    ) -> Result<Response<legacy::PipelineRun>, Status> {
        Err(Status::internal("not asked for"))
    }
}
