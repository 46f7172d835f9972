//! `flowctl.v1.ControlPlaneService`, as the SDKs and tools use it.

use std::collections::BTreeMap;

use flowctl_core::{
    ControlPlane,
    control::{Binding, Expected, RosterLimits},
    spec::Role,
};
use flowctl_grpc::{
    ControlPlaneServer, ControlPlaneSettings, Token,
    proto::{
        legacy::ServiceType,
        v1::{
            ComponentInfo, ComponentStatusRequest, ComponentType, DiscoveryRequest, HealthStatus,
            HeartbeatRequest, ListComponentsRequest, RegisterRequest, UnregisterRequest,
            control_plane_service_client::ControlPlaneServiceClient,
        },
    },
};
use tonic::{Code, Request};

use crate::plane::{Plane, service};

fn component(id: &str, kind: ComponentType) -> ComponentInfo {
    ComponentInfo {
        id: id.to_owned(),
        r#type: kind.into(),
        endpoint: ":50052".to_owned(),
        ..ComponentInfo::default()
    }
}

fn registers(component: ComponentInfo) -> RegisterRequest {
    RegisterRequest {
        component: Some(component),
        component_id: String::new(),
    }
}

fn list(kind: ComponentType, include_unhealthy: bool) -> ListComponentsRequest {
    ListComponentsRequest {
        type_filter: kind.into(),
        include_unhealthy,
    }
}

fn says(id: &str, status: HealthStatus) -> HeartbeatRequest {
    HeartbeatRequest {
        service_id: id.to_owned(),
        status: status.into(),
        metrics: BTreeMap::new(),
    }
}

fn asks(id: &str) -> ComponentStatusRequest {
    ComponentStatusRequest {
        service_id: id.to_owned(),
    }
}

#[tokio::test]
async fn a_component_of_the_sdk_registers_beats_and_leaves() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    let mut source = component("stellar-live-source", ComponentType::Source);
    source.output_event_types = vec!["stellar.ledger.v1".to_owned()];
    source.name = "Live".to_owned();
    let answer = plane
        .v1
        .register_component(registers(source))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.service_id, "stellar-live-source");
    assert_eq!(answer.assigned_topics, ["stellar.ledger.v1.v1"]);
    let id = answer.service_id.as_str();
    plane
        .v1
        .heartbeat(says(id, HealthStatus::Degraded))
        .await
        .unwrap();
    plane
        .v1
        .heartbeat(says(id, HealthStatus::Unknown))
        .await
        .unwrap();
    let seen = plane
        .v1
        .get_component_status(asks(id))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(seen.status(), HealthStatus::Degraded);
    assert!(seen.registered_at.is_some() && seen.last_heartbeat.is_some());
    let info = seen.component.unwrap();
    assert_eq!((info.id.as_str(), info.name.as_str()), (id, "Live"));
    assert_eq!(info.endpoint, ":50052");
    let leaves = UnregisterRequest {
        service_id: id.to_owned(),
    };
    plane.v1.unregister_component(leaves.clone()).await.unwrap();
    let again = plane.v1.unregister_component(leaves).await.unwrap_err();
    assert_eq!(again.code(), Code::NotFound);
    let gone = plane.v1.get_component_status(asks(id)).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    let late = plane
        .v1
        .heartbeat(says(id, HealthStatus::Healthy))
        .await
        .unwrap_err();
    assert_eq!(
        (late.code(), late.message()),
        (Code::NotFound, "service stellar-live-source not found")
    );
}

#[tokio::test]
async fn a_registration_without_a_component_is_an_error_and_no_crash() {
    let mut plane = Plane::start().await;
    let nothing = plane
        .v1
        .register_component(RegisterRequest::default())
        .await
        .unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    assert!(plane.roster().members().is_empty());
}

#[tokio::test]
async fn registering_again_replaces_what_was_said_before() {
    let mut plane = Plane::start().await;
    let bare = component("mine", ComponentType::Processor);
    plane
        .v1
        .register_component(registers(bare.clone()))
        .await
        .unwrap();
    // Upstream's runner adds what the component left out, under the same id.
    let mut enriched = bare;
    enriched.input_event_types = vec!["a".to_owned()];
    plane
        .v1
        .register_component(registers(enriched))
        .await
        .unwrap();
    let listed = plane
        .v1
        .list_components(list(ComponentType::Unspecified, true))
        .await
        .unwrap();
    let listed = listed.into_inner().components;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        listed[0].component.as_ref().unwrap().input_event_types,
        ["a"]
    );
}

#[tokio::test]
async fn what_the_spec_says_stands_in_for_types_that_are_not_registered() {
    let mut plane = Plane::start().await;
    let mut expected = Expected::new("p".parse().unwrap(), Role::Processor);
    expected.input_types = vec!["in".to_owned()];
    expected.output_types = vec!["out".to_owned()];
    plane.roster().expect(expected);
    let bare = component("p", ComponentType::Processor);
    let answer = plane
        .v1
        .register_component(registers(bare))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.assigned_topics, ["out.v1"]);
    let seen = plane
        .v1
        .get_component_status(asks("p"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(seen.component.unwrap().input_event_types, ["in"]);
}

/// `status`: nothing may be null, and nothing may be of a type that the tool has no group for.
#[tokio::test]
async fn every_listed_component_is_complete() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    for kind in [
        ServiceType::Unspecified,
        ServiceType::Source,
        ServiceType::Pipeline,
    ] {
        plane.legacy.register(service(kind)).await.unwrap();
    }
    let unhealthy = component("sick", ComponentType::Consumer);
    plane
        .v1
        .register_component(registers(unhealthy))
        .await
        .unwrap();
    plane
        .v1
        .heartbeat(says("sick", HealthStatus::Unhealthy))
        .await
        .unwrap();
    let listed = plane
        .v1
        .list_components(list(ComponentType::Unspecified, true))
        .await
        .unwrap();
    let listed = listed.into_inner().components;
    assert_eq!(listed.len(), 4);
    for one in &listed {
        assert!(one.registered_at.is_some() && one.last_heartbeat.is_some());
        let info = one.component.as_ref().unwrap();
        assert_ne!(info.r#type(), ComponentType::Unspecified);
        assert!(!info.id.is_empty() && !info.name.is_empty());
    }
    let healthy = plane
        .v1
        .list_components(list(ComponentType::Unspecified, false))
        .await
        .unwrap();
    assert_eq!(healthy.into_inner().components.len(), 3);
    let sinks = plane
        .v1
        .list_components(list(ComponentType::Consumer, true))
        .await
        .unwrap();
    let sinks = sinks.into_inner().components;
    assert_eq!(sinks.len(), 1);
    assert_eq!(sinks[0].component.as_ref().unwrap().id, "consumer-app");
}

#[tokio::test]
async fn discovery_wants_any_of_the_types_and_all_of_the_metadata() {
    let mut plane = Plane::start().await;
    let with = |id: &str, takes: &[&str], gives: &[&str], region: &str| {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut info = component(id, ComponentType::Processor);
        info.input_event_types = texts(takes);
        info.output_event_types = texts(gives);
        info.metadata = BTreeMap::from([
            ("region".to_owned(), region.to_owned()),
            ("tier".to_owned(), "1".to_owned()),
        ]);
        registers(info)
    };
    for request in [
        with("a", &["x"], &["y"], "eu"),
        with("b", &["y"], &["z"], "eu"),
        with("c", &["x"], &["z"], "us"),
    ] {
        plane.v1.register_component(request).await.unwrap();
    }
    let other = component("d", ComponentType::Source);
    plane.v1.register_component(registers(other)).await.unwrap();
    for (types, region, tier, expected) in [
        (&[][..], None, None, &["a", "b", "c"][..]),
        (&["y"], None, None, &["a", "b"]),
        (&["y", "z"], None, None, &["a", "b", "c"]),
        (&["z"], Some("eu"), None, &["b"]),
        (&[], Some("eu"), Some("1"), &["a", "b"]),
        (&[], Some("eu"), Some("2"), &[]),
        (&["w"], None, None, &[]),
    ] {
        let filters = [("region", region), ("tier", tier)].into_iter();
        let filters = filters.filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
        let wanted = DiscoveryRequest {
            r#type: ComponentType::Processor.into(),
            event_types: types.iter().map(|name| (*name).to_owned()).collect(),
            metadata_filters: filters.collect(),
        };
        let found = plane
            .v1
            .discover_components(wanted)
            .await
            .unwrap()
            .into_inner();
        let found: Vec<_> = found.components.into_iter().map(|info| info.id).collect();
        assert_eq!(found, expected, "{types:?} {region:?} {tier:?}");
    }
}

#[tokio::test]
async fn a_component_is_found_by_its_own_id_too() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    // It names itself as no component of the pipeline is named, and is the only one left of its role.
    let info = component("ttp-consumer-node", ComponentType::Consumer);
    let answer = plane
        .v1
        .register_component(registers(info))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.service_id, "ttp-consumer-node");
    let member = plane
        .roster()
        .member_of(&"consumer-app".parse().unwrap())
        .unwrap();
    assert_eq!(member.bound.unwrap().how, Binding::OnlyOfItsRole);
    for id in ["ttp-consumer-node", "consumer-app"] {
        let seen = plane
            .v1
            .get_component_status(asks(id))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(seen.component.unwrap().id, "consumer-app");
        plane
            .v1
            .heartbeat(says(id, HealthStatus::Unknown))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn no_more_is_kept_than_the_limits_say() {
    let mut settings = ControlPlaneSettings::default();
    settings.port = Some(0);
    let mut limits = RosterLimits::default();
    limits.members = 2;
    limits.member_bytes = 1000;
    settings.limits = limits;
    let mut plane = Plane::start_with(settings).await;
    for id in ["a", "b"] {
        let info = component(id, ComponentType::Source);
        plane.v1.register_component(registers(info)).await.unwrap();
    }
    let full = component("c", ComponentType::Source);
    let full = plane
        .v1
        .register_component(registers(full))
        .await
        .unwrap_err();
    assert_eq!(full.code(), Code::ResourceExhausted);
    let mut long = says("a", HealthStatus::Healthy);
    long.metrics.insert("m".to_owned(), "x".repeat(1000));
    let long = plane.v1.heartbeat(long).await.unwrap_err();
    assert_eq!(long.code(), Code::InvalidArgument);
}

fn showing<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

#[tokio::test]
async fn the_token_of_an_instance_speaks_for_that_instance_alone() {
    let mut settings = ControlPlaneSettings::default();
    settings.port = Some(0);
    settings.token = Some(Token::new("of-the-run"));
    let mut plane = Plane::start_with(settings).await;
    for (id, token) in [("a", "of-a"), ("b", "of-b")] {
        let mut expected = Expected::new(id.parse().unwrap(), Role::Source);
        expected.token = Some(token.to_owned());
        plane.roster().expect(expected);
    }
    let info = registers(component("b", ComponentType::Source));
    let answer = plane
        .v1
        .register_component(showing(info.clone(), "of-a"))
        .await
        .unwrap();
    assert_eq!(answer.into_inner().service_id, "a");
    let member = plane.roster().member_of(&"a".parse().unwrap()).unwrap();
    assert_eq!(member.bound.unwrap().how, Binding::Identity);
    let healthy = says("a", HealthStatus::Healthy);
    plane
        .v1
        .heartbeat(showing(healthy.clone(), "of-a"))
        .await
        .unwrap();
    let foreign = plane.v1.register_component(info.clone()).await;
    assert_eq!(foreign.unwrap().into_inner().service_id, "b");
    for (token, code) in [
        ("of-b", Code::PermissionDenied),
        ("guess", Code::Unauthenticated),
    ] {
        let refused = plane
            .v1
            .heartbeat(showing(healthy.clone(), token))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), code);
    }
    let all = list(ComponentType::Unspecified, true);
    let refused = plane
        .v1
        .list_components(showing(all, "of-a"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    plane
        .v1
        .list_components(showing(all, "of-the-run"))
        .await
        .unwrap();
}

#[tokio::test]
async fn it_listens_where_it_is_asked_to_once_each() {
    let plane = Plane::start().await;
    let first = plane.server.address();
    assert_eq!(plane.server.listen(first.ip()).await.unwrap(), first);
    let second = plane.server.listen("::1".parse().unwrap()).await.unwrap();
    assert_eq!(
        plane.server.listen("::1".parse().unwrap()).await.unwrap(),
        second
    );
    let mut client = ControlPlaneServiceClient::connect(format!("http://{second}"))
        .await
        .unwrap();
    let info = component("x", ComponentType::Source);
    client.register_component(registers(info)).await.unwrap();
    assert_eq!(plane.roster().members().len(), 1);
    // An address that this machine does not have (RFC 5737).
    let elsewhere = "192.0.2.1".parse().unwrap();
    assert!(plane.server.listen(elsewhere).await.is_err());
    plane.server.stop().await.unwrap();
    let info = registers(component("y", ComponentType::Source));
    assert_eq!(
        client.register_component(info).await.unwrap_err().code(),
        Code::Unavailable
    );
}

#[tokio::test]
async fn two_with_the_defaults_live_side_by_side() {
    let first = ControlPlaneServer::start(ControlPlaneSettings::default())
        .await
        .unwrap();
    let second = ControlPlaneServer::start(ControlPlaneSettings::default())
        .await
        .unwrap();
    assert_ne!(first.address().port(), second.address().port());
    assert!(first.address().ip().is_loopback());
    let mut pinned = ControlPlaneSettings::default();
    pinned.port = Some(first.address().port());
    assert!(
        ControlPlaneServer::start(pinned).await.is_err(),
        "what is pinned is not moved"
    );
}
