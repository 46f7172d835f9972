use flowctl_grpc::Dial;
use tonic::Code;

use super::{Running, client, stream, take};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_asked_to_end_ends_its_streams_after_a_whole_ledger() {
    let set = [("BACKEND_TYPE", "SIMULATED"), ("LEDGER_INTERVAL", "20ms")];
    let mut source = Running::start("stellar-live-source", &set);
    let client = client(&mut source).await;
    let mut ledgers = stream(&client, 2).await;
    let mut last = take(&mut ledgers, 5).await.unwrap().pop().unwrap().sequence;
    source.terminate();
    let status = loop {
        match ledgers.message().await {
            Ok(Some(ledger)) => {
                assert_eq!(ledger.sequence, last + 1);
                last = ledger.sequence;
            }
            Ok(None) => panic!("the stream says that there is no more"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::Unavailable);
    assert!(
        status.message().contains("shutting down"),
        "{}",
        status.message()
    );
    let ended = source.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_a_program_that_somebody_holds_up() {
    let set = [
        ("BACKEND_TYPE", "SIMULATED"),
        ("TRANSACTIONS_PER_LEDGER", "200"),
    ];
    let mut source = Running::start("stellar-live-source", &set);
    let client = client(&mut source).await;
    // Nobody reads it, so it cannot end.
    let held_up = stream(&client, 2).await;
    let health = source.address("serving health");
    wait_until_full(&health).await;
    source.terminate();
    source.wait_for("draining");
    source.terminate();
    let ended = source.ended();
    assert_eq!(ended.code, Some(1), "{}", ended.text());
    assert!(ended.text().contains("asked twice"), "{}", ended.text());
    drop(held_up);
}

/// Waits until the program gives no more, which is when the windows of the connection are full.
async fn wait_until_full(health: &str) {
    let (mut before, mut same) = (None, 0);
    while same < 10 {
        let page = super::running::command("stellar-live-source", &[("HEALTH_PORT", health)])
            .arg("--health")
            .output()
            .unwrap();
        let page: serde_json::Value = serde_json::from_slice(&page.stdout).unwrap();
        let position = page["metrics"]["position"].as_u64();
        same = match position.is_some() && position == before {
            true => same + 1,
            false => 0,
        };
        before = position;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reads_the_log_may_go_first() {
    let mut child = super::running::command(
        "simulated-rpc",
        &[
            ("PORT", "127.0.0.1:0"),
            ("HEALTH_PORT", "127.0.0.1:0"),
            ("LOG_FORMAT", "json"),
        ],
    )
    .stderr(std::process::Stdio::piped())
    .spawn()
    .unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut rpc = String::new();
    while !rpc.contains("serving rpc") {
        rpc.clear();
        std::io::BufRead::read_line(&mut stderr, &mut rpc).unwrap();
    }
    drop(stderr);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_answers_health_and_reflection() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let mut source = Running::start("stellar-live-source", &[("BACKEND_TYPE", "SIMULATED")]);
    source.wait_for("ready");
    let address = source.address("serving grpc");
    let connection = Dial::default().connect(&address).await.unwrap();
    for service in ["", "raw_ledger_service.RawLedgerService"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = HealthClient::new(connection.clone())
            .check(request)
            .await
            .unwrap();
        assert_eq!(answer.into_inner().status, 1, "{service}");
    }
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let requests = futures_util::stream::iter([request]);
    let answers = ServerReflectionClient::new(connection)
        .server_reflection_info(requests)
        .await;
    let answer = answers
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}")
    };
    let names: Vec<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    assert!(
        names.contains(&"raw_ledger_service.RawLedgerService".to_owned()),
        "{names:?}"
    );
    assert!(
        !names.contains(&"flowctl.admin.v1.Admin".to_owned()),
        "{names:?}"
    );
}
