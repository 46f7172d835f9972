//! The older service, as components in the field use it: registration and heartbeats.

use std::collections::BTreeMap;

use flowctl_core::control::{Binding, Health};
use flowctl_grpc::proto::{
    legacy::{ServiceHeartbeat, ServiceInfo, ServiceType},
    v1::{HeartbeatRequest, ListComponentsRequest},
};
use tonic::Code;

use crate::plane::{Plane, service};

fn how(plane: &Plane, component: &str) -> Binding {
    let member = plane.roster().member_of(&component.parse().unwrap());
    member.unwrap().bound.unwrap().how
}

/// The three components of the worked case, exactly as they register: without any id.
#[tokio::test]
async fn registrations_without_ids_are_bound_and_answered_with_one() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    let health = |port: u16| format!("http://localhost:{port}/health");
    let source = ServiceInfo {
        output_event_types: vec!["raw_ledger_service.RawLedgerChunk".to_owned()],
        health_endpoint: health(18081),
        max_inflight: 100,
        metadata: BTreeMap::from([("network".to_owned(), "testnet".to_owned())]),
        ..service(ServiceType::Source)
    };
    let ack = plane.legacy.register(source).await.unwrap().into_inner();
    assert_eq!(ack.service_id, "stellar-live-source");
    assert_eq!(ack.topic_names, ["raw_ledger_service.RawLedgerChunk.v1"]);
    assert_eq!(
        ack.connection_info["control_plane_endpoint"],
        plane.server.address().to_string()
    );
    assert_eq!(how(&plane, "stellar-live-source"), Binding::HealthPort);

    // Its health port is the default, not the one it was given.
    let processor = ServiceInfo {
        health_endpoint: health(8088),
        ..service(ServiceType::Processor)
    };
    let ack = plane.legacy.register(processor).await.unwrap().into_inner();
    assert_eq!(ack.service_id, "ttp-processor");
    assert_eq!(how(&plane, "ttp-processor"), Binding::OnlyOfItsRole);

    // The Node consumer: a consumer under the number of a pipeline.
    let consumer = ServiceInfo {
        input_event_types: vec!["event_service.TokenTransferEvent".to_owned()],
        health_endpoint: health(8093),
        metadata: BTreeMap::from([("consumer_type".to_owned(), "node-application".to_owned())]),
        ..service(ServiceType::Pipeline)
    };
    let ack = plane.legacy.register(consumer).await.unwrap().into_inner();
    assert_eq!(ack.service_id, "consumer-app");

    // Nothing known, and still an id.
    let nobody = plane.legacy.register(ServiceInfo::default()).await.unwrap();
    assert!(!nobody.into_inner().service_id.is_empty());
    let pipeline = service(ServiceType::Pipeline);
    let pipeline = plane.legacy.register(pipeline).await.unwrap().into_inner();
    assert!(pipeline.service_id.starts_with("pipeline-"));
}

#[tokio::test]
async fn ids_bind_before_anything_else() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    let by_id = ServiceInfo {
        component_id: "ttp-processor".to_owned(),
        health_endpoint: "http://localhost:18081/health".to_owned(),
        ..service(ServiceType::Source)
    };
    plane.legacy.register(by_id).await.unwrap();
    assert_eq!(how(&plane, "ttp-processor"), Binding::ComponentId);
    let by_service = ServiceInfo {
        service_id: "consumer-app".to_owned(),
        ..service(ServiceType::Pipeline)
    };
    plane.legacy.register(by_service).await.unwrap();
    assert_eq!(how(&plane, "consumer-app"), Binding::ServiceId);
    let key = "component_id".to_owned();
    let by_metadata = ServiceInfo {
        metadata: BTreeMap::from([(key, "stellar-live-source".to_owned())]),
        ..service(ServiceType::Sink)
    };
    plane.legacy.register(by_metadata).await.unwrap();
    assert_eq!(how(&plane, "stellar-live-source"), Binding::Metadata);
}

fn beat(id: &str, metrics: &[(&str, f64)]) -> ServiceHeartbeat {
    let metrics = metrics.iter();
    ServiceHeartbeat {
        service_id: id.to_owned(),
        timestamp: None,
        metrics: metrics
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect(),
    }
}

#[tokio::test]
async fn both_services_see_the_metrics_of_both() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    plane
        .legacy
        .register(service(ServiceType::Source))
        .await
        .unwrap();
    let id = "stellar-live-source";
    let metrics = [("total_processed", 12_000_000.0), ("lag", 0.5)];
    plane.legacy.heartbeat(beat(id, &metrics)).await.unwrap();
    let texts = HeartbeatRequest {
        service_id: id.to_owned(),
        status: 0,
        metrics: BTreeMap::from([
            ("success_count".to_owned(), "7".to_owned()),
            ("processing_latency".to_owned(), "1.5ms".to_owned()),
        ]),
    };
    plane.v1.heartbeat(texts).await.unwrap();
    let asked = ServiceInfo {
        service_id: id.to_owned(),
        ..ServiceInfo::default()
    };
    let seen = plane
        .legacy
        .get_service_status(asked)
        .await
        .unwrap()
        .into_inner();
    let expected = [
        ("lag", 0.5),
        ("success_count", 7.0),
        ("total_processed", 12_000_000.0),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(seen.metrics, BTreeMap::from(expected));
    assert!(seen.is_healthy && seen.last_heartbeat.is_some());
    let all = ListComponentsRequest {
        type_filter: 0,
        include_unhealthy: true,
    };
    let listed = plane.v1.list_components(all).await.unwrap().into_inner();
    let metrics = &listed.components[0].metrics;
    assert_eq!(metrics["total_processed"], "12000000");
    assert_eq!(metrics["lag"], "0.5");
    assert_eq!(metrics["processing_latency"], "1.5ms");
}

#[tokio::test]
async fn a_heartbeat_of_nobody_is_not_found_unless_its_registration_went_lost() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    let refused = plane
        .legacy
        .heartbeat(beat("service-1", &[]))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(refused.message(), "service service-1 not found");
    // The control plane was started again below a component, which goes on with the id it had.
    plane
        .legacy
        .heartbeat(beat("ttp-processor", &[]))
        .await
        .unwrap();
    assert_eq!(how(&plane, "ttp-processor"), Binding::ComponentId);
    // A component that could not register makes one up and stays with it.
    let made_up = "sim-stellar-source-20260724120000";
    plane
        .legacy
        .heartbeat(beat(made_up, &[("error_count", 1.0)]))
        .await
        .unwrap();
    let listed = plane.legacy.list_services(()).await.unwrap().into_inner();
    let mut listed: Vec<_> = listed
        .services
        .into_iter()
        .map(|one| one.service_id)
        .collect();
    listed.sort();
    assert_eq!(listed, [made_up, "ttp-processor"]);
}

#[tokio::test]
async fn a_flood_of_heartbeats_and_registrations_stays_one_service() {
    let mut plane = Plane::start().await;
    plane.expect_three();
    for n in 0..20_u32 {
        let again = ServiceInfo {
            component_id: "consumer-app".to_owned(),
            ..service(ServiceType::Sink)
        };
        let ack = plane.legacy.register(again).await.unwrap().into_inner();
        for m in 0..200_u32 {
            let count = f64::from(n * 200 + m);
            let beat = beat(&ack.service_id, &[("total_processed", count)]);
            plane.legacy.heartbeat(beat).await.unwrap();
        }
    }
    let members = plane.roster().members();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].heartbeats, 200);
    assert_eq!(members[0].metrics.len(), 1);
    assert_eq!(members[0].health, Health::Healthy);
}
