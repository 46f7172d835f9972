use flowctl_grpc::proto::raw_ledger::GetLedgerRangeRequest;
use futures_util::future::join_all;
use tonic::Code;

use super::{Running, client, simulated, stream, take};

/// A server with the ledgers 2 to `latest` of seed 7, and a source over it.
fn pair(rpc: &[(&str, &str)], source: &[(&str, &str)]) -> (Running, Running) {
    let mut set = vec![("SEED", "7")];
    set.extend(rpc);
    let mut rpc = Running::start("simulated-rpc", &set);
    let endpoint = format!("http://{}", rpc.address("serving rpc"));
    let mut set = vec![
        ("RPC_ENDPOINT", &*endpoint),
        ("NETWORK_PASSPHRASE", "flowctl simulated network ; v1"),
    ];
    set.extend(source);
    let source = Running::start("stellar-live-source", &set);
    (rpc, source)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stream_gets_the_ledgers_it_asks_for_untouched() {
    let (_rpc, mut source) = pair(&[("LATEST_LEDGER", "150")], &[("BATCH_SIZE", "16")]);
    let client = client(&mut source).await;
    let starts = [2, 1, 40, 99];
    let read = join_all(starts.map(|start| {
        let client = &client;
        async move {
            let mut stream = stream(client, start).await;
            take(&mut stream, 40).await.unwrap()
        }
    }));
    for (start, ledgers) in starts.into_iter().zip(read.await) {
        // Ledger 1 is the genesis, which nobody has.
        let start = start.max(2);
        assert!(ledgers == simulated(7, start, start + 39), "from {start}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_has_the_limits_and_texts_of_upstream() {
    let (_rpc, mut source) = pair(&[("LATEST_LEDGER", "30")], &[("MAX_BATCH_SIZE", "20")]);
    let mut client = client(&mut source).await;
    let mut range = async |start_ledger, end_ledger| {
        let request = GetLedgerRangeRequest {
            start_ledger,
            end_ledger,
        };
        client
            .get_ledger_range(request)
            .await
            .map(tonic::Response::into_inner)
    };
    let answer = range(5, 9).await.unwrap();
    assert!(answer.ledgers == simulated(7, 5, 8));
    assert_eq!(answer.latest_ledger, 30);
    // What is not there yet is left out, not waited for.
    assert_eq!(range(25, 40).await.unwrap().ledgers.len(), 6);
    assert!(range(40, 45).await.unwrap().ledgers.is_empty());
    let status = range(9, 9).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status.message(),
        "end_ledger must be greater than start_ledger"
    );
    let status = range(2, 23).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status.message(),
        "range too large: 21 ledgers requested (max: 20)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_waits_for_ledgers_that_have_not_closed() {
    let rpc = [("LATEST_LEDGER", "3"), ("LEDGER_INTERVAL", "100ms")];
    let (_rpc, mut source) = pair(&rpc, &[]);
    let client = client(&mut source).await;
    let mut stream = stream(&client, 2).await;
    let ledgers = take(&mut stream, 40).await.unwrap();
    assert!(ledgers == simulated(7, 2, 41));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_not_kept_any_more_is_told_with_those_that_are() {
    let rpc = [
        ("LATEST_LEDGER", "90"),
        ("LAST_LEDGER", "90"),
        ("RETENTION_LEDGERS", "11"),
    ];
    let (_rpc, mut source) = pair(&rpc, &[]);
    let client = client(&mut source).await;
    let mut stream = stream(&client, 50).await;
    let status = take(&mut stream, 1).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(
        status.message().contains("ledgers 80 to 90"),
        "{}",
        status.message()
    );
    assert!(
        status.message().contains("`start_ledger` to 80"),
        "{}",
        status.message()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounded_source_ends_its_streams_behind_its_last_ledger() {
    let (_rpc, mut source) = pair(
        &[("LATEST_LEDGER", "50")],
        &[("START_LEDGER", "10"), ("END_LEDGER", "20")],
    );
    let client = client(&mut source).await;
    let mut stream = stream(&client, 0).await;
    assert!(take(&mut stream, 100).await.unwrap() == simulated(7, 10, 20));
    let request = flowctl_grpc::proto::raw_ledger::StreamLedgersRequest { start_ledger: 21 };
    let status = client
        .clone()
        .stream_raw_ledgers(request)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
}
