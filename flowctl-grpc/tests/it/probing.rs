//! Health questions, and what counts as an answer.

use std::net::SocketAddr;

use flowctl_core::{Prober, spec::Check};
use flowctl_grpc::{GrpcServer, NetworkProber, ServerSettings};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinSet,
};

use crate::lab::Lab;

/// A web server that gives everybody the same answer.
async fn answers(answer: &'static str) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap_or(0);
            assert!(request[..read].starts_with(b"GET /health "));
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, tasks)
}

fn http() -> Check {
    Check::Http {
        port: 1,
        path: "/health".to_owned(),
    }
}

fn grpc(service: &str) -> Check {
    Check::Grpc {
        port: 1,
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn a_page_is_judged_by_its_status_and_by_what_it_says() {
    let prober = NetworkProber::new();
    for (answer, expected) in [
        ("HTTP/1.1 200 OK\r\n\r\nok", Ok(())),
        ("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"healthy\"}", Ok(())),
        ("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\n\r\n", Ok(())),
        (
            "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"unhealthy\"}",
            Err("GET /health: it says `unhealthy`"),
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"STARTING\"}",
            Err("GET /health: it says `starting`"),
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\n \"starting\"}",
            Err("GET /health: 503 {\"status\": \"starting\"}"),
        ),
        ("HTTP/1.1 404 Not Found\r\n\r\n", Err("GET /health: 404 ")),
    ] {
        let (address, _tasks) = answers(answer).await;
        let said = prober.ask(&http(), &address.to_string()).await;
        assert_eq!(said, expected.map_err(str::to_owned), "{answer}");
    }
}

#[tokio::test]
async fn nobody_there_is_a_failure_and_other_checks_are_not_ours() {
    let prober = NetworkProber::new();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    for check in [http(), grpc(""), Check::Tcp { port: 1 }] {
        assert!(prober.can(&check));
        assert!(prober.ask(&check, &address).await.is_err());
    }
    assert!(!prober.can(&Check::Registered));
}

#[tokio::test]
async fn a_grpc_server_that_serves_passes() {
    let prober = NetworkProber::new();
    let server = GrpcServer::new(ServerSettings::default());
    let health = server.health();
    let lab = Lab::of(server).await;
    prober.ask(&grpc(""), &lab.address()).await.unwrap();
    health.serving("", false).await;
    let said = prober.ask(&grpc(""), &lab.address()).await.unwrap_err();
    assert_eq!(said, "grpc.health.v1: NOT_SERVING");
    let said = prober
        .ask(&grpc("nobody"), &lab.address())
        .await
        .unwrap_err();
    assert!(said.starts_with("grpc.health.v1: NotFound"), "{said}");
}

#[tokio::test]
async fn a_grpc_server_without_a_health_service_serves() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let routes = tonic::service::Routes::default();
        let server = tonic::transport::Server::builder().add_routes(routes);
        server.serve_with_incoming(incoming).await.unwrap();
    });
    NetworkProber::new().ask(&grpc(""), &address).await.unwrap();
}
