use std::sync::Arc;

use flowctl_core::control::{Health, Member, MetricValue, Registration};
use tonic::{Request, Response, Status, async_trait};

use super::{
    access::About,
    caller::{peer, reached},
    convert::{
        connection_info, declared_by_service, numbers, service_type, shown_id, some, timestamp,
        topics,
    },
    runs,
    shared::Shared,
};
use crate::proto::legacy::{
    self, CreatePipelineRunRequest, GetPipelineRunRequest, ListPipelineRunsRequest,
    ListPipelineRunsResponse, PipelineRun, RegistrationAck, ServiceHeartbeat, ServiceInfo,
    ServiceList, ServiceStatus, StopPipelineRunRequest, UpdatePipelineRunRequest,
};

/// `flowctl.ControlPlane`, upstream's older one.
#[derive(Clone, Debug)]
pub(super) struct LegacyService(pub(super) Arc<Shared>);

#[async_trait]
impl legacy::control_plane_server::ControlPlane for LegacyService {
    async fn register(
        &self,
        request: Request<ServiceInfo>,
    ) -> Result<Response<RegistrationAck>, Status> {
        let caller = self.0.registering(&request).await?;
        let (peer, reached) = (peer(&request), reached(&request));
        let service = request.into_inner();
        let mut registration = Registration::default();
        registration.declared = declared_by_service(service.service_type());
        registration.service_id = some(service.service_id);
        registration.component_id = some(service.component_id);
        registration.input_types = service.input_event_types;
        registration.output_types = service.output_event_types;
        registration.health_endpoint = some(service.health_endpoint);
        registration.max_in_flight = u32::try_from(service.max_inflight).ok().filter(|n| *n > 0);
        registration.metadata = service.metadata;
        registration.peer = peer;
        registration.caller = caller;
        let member = self.0.register(registration)?;
        Ok(Response::new(RegistrationAck {
            topic_names: topics(&member),
            service_id: member.service_id,
            connection_info: connection_info(reached),
        }))
    }

    async fn heartbeat(&self, request: Request<ServiceHeartbeat>) -> Result<Response<()>, Status> {
        self.0.heartbeat(request, |said, heartbeat| {
            heartbeat.service_id = said.service_id;
            let metrics = said.metrics.into_iter();
            let metrics = metrics.map(|(name, value)| (name, MetricValue::Number(value)));
            heartbeat.metrics = metrics.collect();
        })
    }

    async fn get_service_status(
        &self,
        request: Request<ServiceInfo>,
    ) -> Result<Response<ServiceStatus>, Status> {
        self.0.caller(About::Run, &request)?;
        let asked = request.into_inner();
        let id = some(asked.service_id).or_else(|| some(asked.component_id));
        let id = id.ok_or_else(|| Status::invalid_argument("`service_id` is missing"))?;
        let member = self.0.member(&id)?;
        Ok(Response::new(service_status(&member)))
    }

    async fn list_services(&self, request: Request<()>) -> Result<Response<ServiceList>, Status> {
        self.0.caller(About::Run, &request)?;
        let members = self.0.roster.members();
        Ok(Response::new(ServiceList {
            services: members.iter().map(service_status).collect(),
        }))
    }

    async fn create_pipeline_run(
        &self,
        request: Request<CreatePipelineRunRequest>,
    ) -> Result<Response<PipelineRun>, Status> {
        self.0.caller(About::Run, &request)?;
        let run = runs::create(&self.0, request.into_inner()).await?;
        Ok(Response::new(run))
    }

    async fn update_pipeline_run(
        &self,
        request: Request<UpdatePipelineRunRequest>,
    ) -> Result<Response<PipelineRun>, Status> {
        self.0.caller(About::Run, &request)?;
        let run = runs::update(&self.0, request.into_inner()).await?;
        Ok(Response::new(run))
    }

    async fn get_pipeline_run(
        &self,
        request: Request<GetPipelineRunRequest>,
    ) -> Result<Response<PipelineRun>, Status> {
        self.0.caller(About::Run, &request)?;
        let run = runs::get(&self.0, &request.into_inner().run_id)?;
        Ok(Response::new(run))
    }

    async fn list_pipeline_runs(
        &self,
        request: Request<ListPipelineRunsRequest>,
    ) -> Result<Response<ListPipelineRunsResponse>, Status> {
        self.0.caller(About::Run, &request)?;
        let runs = runs::list(&self.0, &request.into_inner());
        Ok(Response::new(ListPipelineRunsResponse { runs }))
    }

    async fn stop_pipeline_run(
        &self,
        request: Request<StopPipelineRunRequest>,
    ) -> Result<Response<PipelineRun>, Status> {
        self.0.caller(About::Run, &request)?;
        let run = runs::stop(&self.0, &request.into_inner().run_id).await?;
        Ok(Response::new(run))
    }
}

fn service_status(member: &Member) -> ServiceStatus {
    ServiceStatus {
        service_id: member.service_id.clone(),
        service_type: service_type(member).into(),
        is_healthy: matches!(member.health, Health::Healthy | Health::Degraded),
        last_heartbeat: Some(timestamp(member.last_heard)),
        metrics: numbers(&member.metrics),
        component_id: shown_id(member),
    }
}
