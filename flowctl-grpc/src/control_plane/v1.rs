use std::{collections::BTreeMap, sync::Arc};

use flowctl_core::control::{Health, Member, MetricValue, Registration};
use tonic::{Request, Response, Status, async_trait};

use super::{
    access::About,
    caller::{peer, reached},
    convert::{
        component_type, connection_info, declared_by_type, health_said, health_status, shown_id,
        some, status, texts, timestamp, topics,
    },
    shared::Shared,
};
use crate::proto::v1::{
    self, ComponentInfo, ComponentStatusRequest, ComponentStatusResponse, ComponentType,
    DiscoveryRequest, DiscoveryResponse, HeartbeatRequest, ListComponentsRequest,
    ListComponentsResponse, RegisterRequest, RegisterResponse, UnregisterRequest,
};

/// `flowctl.v1.ControlPlaneService`.
#[derive(Clone, Debug)]
pub(super) struct V1Service(pub(super) Arc<Shared>);

#[async_trait]
impl v1::control_plane_service_server::ControlPlaneService for V1Service {
    async fn register_component(
        &self,
        request: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        let caller = self.0.registering(&request).await?;
        let (peer, reached) = (peer(&request), reached(&request));
        let RegisterRequest {
            component,
            component_id,
        } = request.into_inner();
        let component =
            component.ok_or_else(|| Status::invalid_argument("`component` is missing"))?;
        let declared = declared_by_type(component.r#type());
        let mut registration = Registration::default();
        registration.component_id = some(component_id).or_else(|| some(component.id));
        registration.name = component.name;
        registration.description = component.description;
        registration.version = component.version;
        registration.declared = declared;
        registration.input_types = component.input_event_types;
        registration.output_types = component.output_event_types;
        registration.endpoint = some(component.endpoint);
        registration.metadata = component.metadata;
        registration.peer = peer;
        registration.caller = caller;
        let member = self.0.register(registration)?;
        Ok(Response::new(RegisterResponse {
            assigned_topics: topics(&member),
            service_id: member.service_id,
            connection_info: connection_info(reached),
        }))
    }

    async fn unregister_component(
        &self,
        request: Request<UnregisterRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = self.0.caller(About::Component, &request)?;
        let id = request.into_inner().service_id;
        self.0
            .roster
            .unregister(&id, &caller)
            .map_err(|error| status(&error))?;
        Ok(Response::new(()))
    }

    async fn discover_components(
        &self,
        request: Request<DiscoveryRequest>,
    ) -> Result<Response<DiscoveryResponse>, Status> {
        self.0.caller(About::Run, &request)?;
        let wanted = request.into_inner();
        let members = self.0.roster.members();
        let found = members.iter().filter(|member| is_wanted(member, &wanted));
        Ok(Response::new(DiscoveryResponse {
            components: found.map(info).collect(),
        }))
    }

    async fn heartbeat(&self, request: Request<HeartbeatRequest>) -> Result<Response<()>, Status> {
        self.0.heartbeat(request, |said, heartbeat| {
            heartbeat.health = health_said(said.status());
            heartbeat.service_id = said.service_id;
            let metrics = said.metrics.into_iter();
            let metrics = metrics.map(|(name, value)| (name, MetricValue::Text(value)));
            heartbeat.metrics = metrics.collect();
        })
    }

    async fn get_component_status(
        &self,
        request: Request<ComponentStatusRequest>,
    ) -> Result<Response<ComponentStatusResponse>, Status> {
        self.0.caller(About::Run, &request)?;
        let id = request.into_inner().service_id;
        let member = self.0.member(&id)?;
        Ok(Response::new(component_status(&member)))
    }

    async fn list_components(
        &self,
        request: Request<ListComponentsRequest>,
    ) -> Result<Response<ListComponentsResponse>, Status> {
        self.0.caller(About::Run, &request)?;
        let request = request.into_inner();
        let members = self.0.roster.members();
        let found = members.iter().filter(|member| {
            is_of(member, request.type_filter())
                && (request.include_unhealthy || member.health != Health::Unhealthy)
        });
        Ok(Response::new(ListComponentsResponse {
            components: found.map(component_status).collect(),
        }))
    }
}

fn is_of(member: &Member, wanted: ComponentType) -> bool {
    wanted == ComponentType::Unspecified || component_type(member) == wanted
}

fn is_wanted(member: &Member, wanted: &DiscoveryRequest) -> bool {
    let has =
        |name: &String| member.input_types.contains(name) || member.output_types.contains(name);
    let metadata = &member.registration.metadata;
    let holds = |(key, value): (&String, &String)| metadata.get(key) == Some(value);
    is_of(member, wanted.r#type())
        && (wanted.event_types.is_empty() || wanted.event_types.iter().any(has))
        && wanted.metadata_filters.iter().all(holds)
}

fn info(member: &Member) -> ComponentInfo {
    let said = &member.registration;
    let id = shown_id(member);
    let endpoint = said.endpoint.as_ref().or(said.health_endpoint.as_ref());
    ComponentInfo {
        name: some(said.name.clone()).unwrap_or_else(|| id.clone()),
        id,
        description: said.description.clone(),
        version: said.version.clone(),
        r#type: component_type(member).into(),
        input_event_types: member.input_types.clone(),
        output_event_types: member.output_types.clone(),
        endpoint: endpoint.cloned().unwrap_or_default(),
        metadata: metadata(member),
    }
}

/// What it registered, and why it is as it is, which the messages have no field for.
fn metadata(member: &Member) -> BTreeMap<String, String> {
    let mut metadata = member.registration.metadata.clone();
    let mut tell = |key: &str, value: String| {
        metadata.entry(key.to_owned()).or_insert(value);
    };
    tell("flowctl.reason", member.reason.clone());
    if let Some(bound) = &member.bound {
        tell("flowctl.bound_by", bound.how.to_string());
    }
    metadata
}

fn component_status(member: &Member) -> ComponentStatusResponse {
    ComponentStatusResponse {
        component: Some(info(member)),
        status: health_status(member.health).into(),
        last_heartbeat: Some(timestamp(member.last_heard)),
        metrics: texts(&member.metrics),
        registered_at: Some(timestamp(member.registered)),
    }
}
