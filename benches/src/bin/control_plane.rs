//! The control plane with 1,000 components: heartbeats a second over one connection and over many, how long
//! a listing takes, and what a component costs in memory.
//!
//!     cargo run --release -p flowctl-benches --bin control_plane

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should fail, and prints what it measured"
)]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use flowctl_core::{
    ControlPlane,
    control::{Declared, Heartbeat, MetricValue, Registration, Roster},
    spec::Role,
};
use flowctl_grpc::{
    ControlPlaneServer, ControlPlaneSettings,
    proto::legacy::{
        ServiceHeartbeat, ServiceInfo, ServiceType, control_plane_client::ControlPlaneClient,
    },
};
use tokio::task::JoinSet;

const COMPONENTS: usize = 1_000;
const ROUNDS: usize = 5;
/// Calls that are under way at once over one connection.
const AT_ONCE: usize = 64;

fn name(n: usize) -> String {
    format!("component-{n}")
}

fn metrics() -> BTreeMap<String, f64> {
    let names = [
        "success_count",
        "error_count",
        "total_processed",
        "total_bytes_processed",
        "last_successful_sequence",
    ];
    names.map(|name| (name.to_owned(), 12_345.0)).into()
}

/// Resident memory of this process, in bytes, where the operating system tells.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn registration(n: usize) -> Registration {
    let mut registration = Registration::default();
    registration.component_id = Some(name(n));
    registration.declared = Declared::Role(Role::Processor);
    registration.input_types = vec!["raw_ledger_service.RawLedgerChunk".to_owned()];
    registration.output_types = vec!["event_service.TokenTransferEvent".to_owned()];
    registration.health_endpoint = Some("http://localhost:8088/health".to_owned());
    registration.metadata = BTreeMap::from([("network".to_owned(), "testnet".to_owned())]);
    registration
}

fn beat(n: usize) -> Heartbeat {
    let mut beat = Heartbeat::new(name(n));
    let numbers = metrics().into_iter();
    beat.metrics = numbers
        .map(|(name, value)| (name, MetricValue::Number(value)))
        .collect();
    beat
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn per_second(count: usize, time: Duration) -> u128 {
    count as u128 * 1_000_000_000 / time.as_nanos().max(1)
}

/// The roster alone: what it costs without a network.
fn roster() {
    let roster = Roster::default();
    let before = resident();
    for n in 0..COMPONENTS {
        roster.register(registration(n)).unwrap();
        roster.heartbeat(beat(n)).unwrap();
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        let each = after.saturating_sub(before) / COMPONENTS;
        println!("memory of the roster:       {each} bytes a component (resident)");
    }
    let beats: Vec<_> = (0..COMPONENTS).map(beat).collect();
    let times = (0..ROUNDS).map(|_| {
        let beats = beats.clone();
        let began = Instant::now();
        for beat in beats {
            roster.heartbeat(beat).unwrap();
        }
        began.elapsed()
    });
    let time = median(times.collect());
    println!(
        "roster, no network:         {} heartbeats/s",
        per_second(COMPONENTS, time)
    );
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        assert_eq!(std::hint::black_box(roster.members()).len(), COMPONENTS);
        began.elapsed()
    });
    println!("listing all of them:        {:?}", median(times.collect()));
}

async fn served() {
    let mut settings = ControlPlaneSettings::default();
    settings.port = Some(0);
    let server = ControlPlaneServer::start(settings).await.unwrap();
    let url = format!("http://{}", server.address());
    let mut client = ControlPlaneClient::connect(url.clone()).await.unwrap();
    for n in 0..COMPONENTS {
        let mut info = ServiceInfo {
            component_id: name(n),
            metadata: BTreeMap::from([("network".to_owned(), "testnet".to_owned())]),
            ..ServiceInfo::default()
        };
        info.set_service_type(ServiceType::Processor);
        client.register(info).await.unwrap();
    }
    assert_eq!(server.roster().members().len(), COMPONENTS);

    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut calls = JoinSet::new();
        for n in 0..COMPONENTS {
            if calls.len() == AT_ONCE {
                calls.join_next().await.unwrap().unwrap();
            }
            let mut client = client.clone();
            calls.spawn(async move { client.heartbeat(heartbeat(n)).await.unwrap() });
        }
        calls.join_all().await;
        times.push(began.elapsed());
    }
    let time = median(times);
    println!(
        "one connection, {AT_ONCE} at once: {} heartbeats/s",
        per_second(COMPONENTS, time)
    );

    let before = resident();
    let mut clients = Vec::new();
    for _ in 0..COMPONENTS {
        clients.push(ControlPlaneClient::connect(url.clone()).await.unwrap());
    }
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut calls = JoinSet::new();
        for (n, client) in clients.iter().enumerate() {
            let mut client = client.clone();
            calls.spawn(async move { client.heartbeat(heartbeat(n)).await.unwrap() });
        }
        calls.join_all().await;
        times.push(began.elapsed());
    }
    let time = median(times);
    println!(
        "{COMPONENTS} connections:          {} heartbeats/s",
        per_second(COMPONENTS, time)
    );
    if let (Some(before), Some(after)) = (before, resident()) {
        let each = after.saturating_sub(before) / COMPONENTS / 1024;
        println!("memory of a connection:     {each} KiB, both ends (resident)");
    }
    let began = Instant::now();
    let listed = client
        .list_services(())
        .await
        .unwrap()
        .into_inner()
        .services
        .len();
    println!("ListServices of {listed}:       {:?}", began.elapsed());
    server.stop().await.unwrap();
}

fn heartbeat(n: usize) -> ServiceHeartbeat {
    ServiceHeartbeat {
        service_id: name(n),
        timestamp: None,
        metrics: metrics(),
    }
}

#[tokio::main]
async fn main() {
    println!("{COMPONENTS} components, medians of {ROUNDS}, client and server in one process");
    roster();
    served().await;
}
