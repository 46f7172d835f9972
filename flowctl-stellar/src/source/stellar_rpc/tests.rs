#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use flowctl_core::{
    Chain as Causes,
    component::{
        Cancellation, ComponentContext, ComponentError, Disposition, Next, Resume, Source,
    },
    event::Position,
};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use super::{StellarRpc, StellarRpcConfig};
use crate::{
    Network,
    program::{
        http::{Answer, Handler, HttpServer, Question},
        simulated_rpc::TestServer,
    },
    simulated::{Options, SimulatedNetwork},
    source::LedgerRange,
};

/// A server with the ledgers 2 to 60 of seed 4 that answers some calls as it is told to.
#[derive(Debug)]
struct Scripted {
    server: TestServer,
    /// What the next calls of a method are answered instead.
    script: Mutex<VecDeque<(&'static str, Answer)>>,
    /// Every call: method and parameters.
    calls: Mutex<Vec<(String, Value)>>,
}

#[async_trait]
impl Handler for Scripted {
    async fn answer(&self, question: Question) -> Answer {
        let call: Value = serde_json::from_slice(&question.body).unwrap_or_default();
        let method = call["method"].as_str().unwrap_or_default().to_owned();
        self.calls
            .lock()
            .unwrap()
            .push((method.clone(), call["params"].clone()));
        let mut script = self.script.lock().unwrap();
        if script.front().is_some_and(|(wanted, _)| *wanted == method) {
            return script.pop_front().unwrap().1;
        }
        drop(script);
        self.server.answer(&method, call["params"].clone())
    }
}

struct Running {
    scripted: Arc<Scripted>,
    endpoint: String,
    _serving: JoinSet<()>,
}

async fn server(script: Vec<(&'static str, Answer)>) -> Running {
    let mut options = Options::with_seed(4);
    options.transactions_per_ledger = 2;
    let scripted = Arc::new(Scripted {
        server: TestServer::new(options, 2, 60),
        script: Mutex::new(script.into()),
        calls: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let handler: Arc<dyn Handler> = Arc::<Scripted>::clone(&scripted);
    let mut serving = JoinSet::new();
    serving.spawn(HttpServer::new(listener, handler).serve(Cancellation::new()));
    Running {
        scripted,
        endpoint,
        _serving: serving,
    }
}

fn config(server: &Running, start: Option<u32>, end: Option<u32>) -> StellarRpcConfig {
    let mut config = StellarRpcConfig::new(&server.endpoint);
    config.range = LedgerRange::new(start, end).unwrap();
    config.poll_interval = Duration::from_millis(1);
    config
}

fn source(config: StellarRpcConfig) -> StellarRpc {
    StellarRpc::new(config, ComponentContext::detached("in".parse().unwrap())).unwrap()
}

/// The ledgers of a source up to its end, or to where it waits, or to its error.
async fn read(
    source: &mut StellarRpc,
    resume: Resume,
) -> (
    Vec<(u64, Vec<u8>)>,
    Result<Option<Position>, ComponentError>,
) {
    let mut ledgers = Vec::new();
    let ended = async {
        source.identify().await?;
        source.open(resume).await?;
        let mut through = None;
        loop {
            match source.next().await? {
                Next::Batch(batch) => {
                    let bytes = |event: &flowctl_core::event::Event| {
                        (
                            event.sequence(),
                            event.payload().as_bytes().unwrap().to_vec(),
                        )
                    };
                    ledgers.extend(batch.events.iter().map(bytes));
                    through = Some(batch.through);
                }
                _ => return Ok(through),
            }
        }
    }
    .await;
    (ledgers, ended)
}

fn expected(from: u32, to: u32) -> Vec<(u64, Vec<u8>)> {
    let mut options = Options::with_seed(4);
    options.transactions_per_ledger = 2;
    let network = SimulatedNetwork::new(options).unwrap();
    network
        .take(to as usize - 1)
        .map(|ledger| (u64::from(ledger.sequence), ledger.bytes.to_vec()))
        .filter(|(sequence, _)| *sequence >= u64::from(from))
        .collect()
}

fn refused(code: i64, message: &str) -> Answer {
    let error = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": message } });
    Answer::json(StatusCode::OK, &error)
}

#[tokio::test]
async fn pages_follow_by_cursor_and_end_with_the_range() {
    let server = server(vec![]).await;
    let mut config = config(&server, Some(5), Some(31));
    config.batch = 10.try_into().unwrap();
    let (ledgers, ended) = read(&mut source(config), Resume::default()).await;
    assert!(ended.is_ok() && ledgers == expected(5, 31));
    let calls = server.scripted.calls.lock().unwrap();
    let pages: Vec<_> = calls
        .iter()
        .filter(|(method, _)| method == "getLedgers")
        .collect();
    assert_eq!(pages.len(), 3);
    assert_eq!(
        pages[0].1,
        json!({ "startLedger": 5, "pagination": { "limit": 10 } })
    );
    assert_eq!(
        pages[1].1,
        json!({ "pagination": { "cursor": "14", "limit": 10 } })
    );
    assert_eq!(
        pages[2].1["pagination"]["limit"], 7,
        "not more than is wanted"
    );
}

#[tokio::test]
async fn a_source_resumes_behind_its_position_and_begins_at_the_newest_without_a_start() {
    let server = server(vec![]).await;
    let (_, through) = read(
        &mut source(config(&server, Some(2), Some(20))),
        Resume::default(),
    )
    .await;
    let resume = Resume::after(through.unwrap().unwrap());
    let (ledgers, _) = read(&mut source(config(&server, Some(2), Some(30))), resume).await;
    assert!(ledgers == expected(21, 30));
    let (ledgers, _) = read(&mut source(config(&server, None, None)), Resume::default()).await;
    assert!(ledgers == expected(60, 60));
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let busy = || Answer::text(StatusCode::SERVICE_UNAVAILABLE, "busy");
    let script = vec![
        ("getNetwork", busy()),
        ("getLatestLedger", refused(-32_603, "internal")),
        ("getLedgers", busy()),
        ("getLedgers", refused(-32_603, "internal")),
    ];
    let server = server(script).await;
    let (ledgers, ended) = read(
        &mut source(config(&server, Some(2), Some(9))),
        Resume::default(),
    )
    .await;
    assert!(ended.is_ok(), "{ended:?}");
    assert!(ledgers == expected(2, 9));
    assert!(server.scripted.script.lock().unwrap().is_empty());
}

#[tokio::test]
async fn fewer_ledgers_are_asked_for_where_they_take_too_long() {
    let script = vec![
        (
            "getLedgers",
            refused(-32_001, "request exceeded processing limit"),
        ),
        (
            "getLedgers",
            refused(-32_001, "request exceeded processing limit"),
        ),
    ];
    let server = server(script).await;
    let (ledgers, _) = read(
        &mut source(config(&server, Some(2), Some(31))),
        Resume::default(),
    )
    .await;
    assert!(ledgers == expected(2, 31));
    let calls = server.scripted.calls.lock().unwrap();
    let limits: Vec<_> = calls
        .iter()
        .filter(|(method, _)| method == "getLedgers")
        .map(|(_, params)| params["pagination"]["limit"].as_u64().unwrap())
        .collect();
    assert_eq!(&limits[..4], [20, 10, 5, 5]);
}

#[tokio::test]
async fn a_server_that_is_behind_is_waited_for() {
    // Another server behind the same name has ledgers that this one has not.
    let script = vec![(
        "getLatestLedger",
        Answer::json(
            StatusCode::OK,
            &json!({ "jsonrpc": "2.0", "id": 1, "result": { "sequence": 99 } }),
        ),
    )];
    let server = server(script).await;
    let mut source = source(config(&server, Some(61), None));
    source.open(Resume::default()).await.unwrap();
    assert!(matches!(source.next().await.unwrap(), Next::Idle));
    assert_eq!(source.tip(), Some(60));
}

#[tokio::test]
async fn what_does_not_pass_is_an_error_that_says_what_to_do() {
    let garbage = json!({ "jsonrpc": "2.0", "id": 1, "result": {
        "ledgers": [{ "sequence": 2, "metadataXdr": "AAAA" }], "latestLedger": 60 } });
    for (start, script, message, help) in [
        (
            1,
            vec![],
            "ledger 1 is not there any more: the server has ledgers 2 to 60",
            "2 or above",
        ),
        (
            5,
            vec![("getLedgers", refused(-32_600, "limit must not exceed 5"))],
            "exceed 5",
            "",
        ),
        (
            2,
            vec![("getLedgers", Answer::json(StatusCode::OK, &garbage))],
            "ledger 2 in the answer is not valid",
            "",
        ),
        (
            2,
            vec![("getNetwork", Answer::text(StatusCode::OK, "<html>"))],
            "is no Stellar RPC server",
            "JSON-RPC",
        ),
    ] {
        let server = server(script).await;
        let (_, ended) = read(
            &mut source(config(&server, Some(start), None)),
            Resume::default(),
        )
        .await;
        let error = ended.unwrap_err();
        assert_eq!(*error.disposition(), Disposition::Stop);
        let text = Causes(&error).to_string();
        assert!(text.contains(message), "{text}");
        assert!(
            error.help_text().unwrap_or_default().contains(help),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn another_network_is_refused_with_both() {
    let server = server(vec![]).await;
    let mut config = config(&server, None, None);
    config.network = Some(Network::testnet());
    let error = source(config).identify().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("simulated network") && text.contains("Test SDF"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    tokio::time::pause();
    let error = source(StellarRpcConfig::new(endpoint))
        .identify()
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_silent_server_may_speak_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = StellarRpcConfig::new(format!("http://{}", listener.local_addr().unwrap()));
    config.timeout = Duration::from_millis(20);
    let error = source(config).identify().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(
        Causes(&error).to_string().contains("said nothing"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_no_ledger() {
    let server = server(vec![]).await;
    let mut config = config(&server, Some(2), Some(60));
    config.batch = 3.try_into().unwrap();
    let mut source = source(config);
    source.open(Resume::default()).await.unwrap();
    let mut sequences = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_micros(300), source.next()).await;
        match next {
            Ok(Ok(Next::Batch(batch))) => {
                sequences.extend(
                    batch
                        .events
                        .iter()
                        .map(flowctl_core::event::Event::sequence),
                );
            }
            Ok(Ok(Next::End)) => break,
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => panic!("{error}"),
        }
    }
    assert_eq!(sequences, (2..=60).collect::<Vec<_>>());
}
