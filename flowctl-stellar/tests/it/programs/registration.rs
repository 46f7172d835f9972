use std::{sync::atomic::Ordering, time::Duration};

use flowctl_grpc::proto::{legacy, v1};
use tokio::{net::TcpStream, time::timeout};

use super::{
    Running, client,
    control_plane::{ControlPlane, Told},
    stream, take,
};

/// How long a control plane may wait to be told something.
const PATIENCE: Duration = Duration::from_secs(120);

async fn next(control_plane: &mut ControlPlane) -> Told {
    let told = timeout(PATIENCE, control_plane.told.recv()).await;
    told.unwrap().unwrap()
}

fn source(control_plane: &ControlPlane) -> Running {
    Running::start(
        "stellar-live-source",
        &[
            ("BACKEND_TYPE", "SIMULATED"),
            ("ENABLE_FLOWCTL", "true"),
            // As the pipeline of upstream has it, with a scheme.
            (
                "FLOWCTL_ENDPOINT",
                &format!("http://{}", control_plane.address),
            ),
            ("FLOWCTL_HEARTBEAT_INTERVAL", "50"),
            ("FLOWCTL_COMPONENT_ID", "my-source"),
            // So that the address it registers is one that somebody else can reach.
            ("PORT", ":0"),
        ],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_program_registers_beats_registers_again_and_says_goodbye() {
    let mut control_plane = ControlPlane::v1().await;
    let mut source = source(&control_plane);
    let Told::V1(request) = next(&mut control_plane).await else {
        panic!("not by v1")
    };
    let component = request.component.unwrap();
    assert_eq!(
        (&*request.component_id, &*component.id),
        ("my-source", "my-source")
    );
    assert_eq!(component.r#type(), v1::ComponentType::Source);
    assert_eq!(component.output_event_types, ["stellar.ledger.v1"]);
    // Whoever is registered can be called.
    assert!(
        component.endpoint.starts_with("127.0.0.1:"),
        "{}",
        component.endpoint
    );
    TcpStream::connect(&component.endpoint).await.unwrap();
    assert!(component.metadata["health_endpoint"].ends_with("/health"));

    let client = client(&mut source).await;
    let mut ledgers = stream(&client, 2).await;
    take(&mut ledgers, 20).await.unwrap();
    // Who keeps a stream and does not read it holds up the end.
    drop(ledgers);
    loop {
        let Told::V1Heartbeat(heartbeat) = next(&mut control_plane).await else {
            panic!("no heartbeat")
        };
        assert_eq!(heartbeat.service_id, "id-1");
        assert_eq!(heartbeat.status(), v1::HealthStatus::Healthy);
        assert_eq!(heartbeat.metrics["error_count"], "0");
        if heartbeat
            .metrics
            .get("last_processed_ledger")
            .is_some_and(|last| last != "0")
        {
            break;
        }
    }

    control_plane.forgets.store(true, Ordering::SeqCst);
    while !matches!(next(&mut control_plane).await, Told::V1(_)) {}
    loop {
        match next(&mut control_plane).await {
            Told::V1Heartbeat(heartbeat) if heartbeat.service_id == "id-2" => break,
            Told::V1Heartbeat(_) => {}
            other => panic!("{other:?}"),
        }
    }

    source.terminate();
    loop {
        match next(&mut control_plane).await {
            Told::V1Heartbeat(_) => {}
            Told::Gone(id) => {
                assert_eq!(id, "id-2");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(source.ended().code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_older_control_plane_is_understood() {
    let mut control_plane = ControlPlane::legacy().await;
    let _source = source(&control_plane);
    let Told::Legacy(info) = next(&mut control_plane).await else {
        panic!("not by the older service")
    };
    assert_eq!(
        (&*info.service_id, &*info.component_id),
        ("my-source", "my-source")
    );
    assert_eq!(info.service_type(), legacy::ServiceType::Source);
    assert_eq!(
        info.output_event_types,
        ["raw_ledger_service.RawLedgerChunk"]
    );
    assert!(
        info.health_endpoint.starts_with("http://127.0.0.1:"),
        "{}",
        info.health_endpoint
    );
    let Told::LegacyHeartbeat(heartbeat) = next(&mut control_plane).await else {
        panic!("no heartbeat")
    };
    assert_eq!(heartbeat.service_id, "id-1");
    assert!(heartbeat.metrics.contains_key("success_count"));
    control_plane.forgets.store(true, Ordering::SeqCst);
    while !matches!(next(&mut control_plane).await, Told::Legacy(_)) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_control_plane_that_is_not_there_stops_nothing() {
    let mut source = Running::start(
        "stellar-live-source",
        &[
            ("BACKEND_TYPE", "SIMULATED"),
            ("ENABLE_FLOWCTL", "true"),
            ("FLOWCTL_ENDPOINT", "127.0.0.1:1"),
        ],
    );
    source.wait_for("not registered yet");
    let client = client(&mut source).await;
    assert_eq!(
        take(&mut stream(&client, 2).await, 3).await.unwrap().len(),
        3
    );
    source.terminate();
    assert_eq!(source.ended().code, Some(0));
}
