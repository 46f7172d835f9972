//! Clients and servers against each other, over connections that break.

mod lab;

use std::time::Duration;

use flowctl_core::{
    Cancellation, Chain as Causes,
    component::{ComponentError, Next, Processor, Resume, Source},
    event::Position,
};
use proptest::{collection::vec, prelude::*};
use tonic::{Code, Status};

use self::lab::{
    Chain, config, context, events, ledgers, named, proxy, serve_events, serve_ledgers, take,
};
use super::{ClientConfig, EventChain, EventClient, LedgerClient};
use crate::{Network, source::LedgerRange};

const LAST: u32 = 40;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn events_come_once_and_in_order_over_connections_that_break(
        cuts in vec(0_usize..60_000, 0..12), resumed in 0_usize..10,
    ) {
        runtime().block_on(async {
            let server = serve_events(Chain { last: None }, &Cancellation::new()).await;
            let proxy = proxy(server.address, cuts).await;
            let mut client = EventClient::new(config(proxy.address, 2, Some(LAST)), context()).unwrap();
            let (mut found, position) = take(&mut client, Resume::default(), resumed).await.unwrap();
            let resume = position.map_or_else(Resume::default, Resume::after);
            let (rest, position) = take(&mut client, resume, usize::MAX).await.unwrap();
            found.extend(rest);
            assert!(named(&found) == events(LAST));
            assert!(position.is_none_or(|position| position == Position::at(LAST.into())));
        });
    }

    #[test]
    fn ledgers_come_once_and_untouched_over_connections_that_break(
        cuts in vec(0_usize..150_000, 0..12), resumed in 0_usize..10,
    ) {
        runtime().block_on(async {
            let server = serve_ledgers(ledgers(LAST)).await;
            let proxy = proxy(server.address, cuts).await;
            let mut client = LedgerClient::new(config(proxy.address, 2, Some(LAST)), context()).unwrap();
            let (mut found, position) = take(&mut client, Resume::default(), resumed).await.unwrap();
            let resume = position.map_or_else(Resume::default, Resume::after);
            let (rest, _) = take(&mut client, resume, usize::MAX).await.unwrap();
            found.extend(rest);
            let found: Vec<_> = found.iter().map(|event| {
                (u32::try_from(event.sequence()).unwrap(), event.payload().as_bytes().unwrap().clone())
            }).collect();
            assert!(found == ledgers(LAST));
        });
    }
}

#[tokio::test]
async fn a_live_stream_says_at_once_that_a_ledger_is_complete() {
    // The network has no ledger after the last one, so only a mark can tell.
    let server = serve_events(Chain { last: Some(9) }, &Cancellation::new()).await;
    let mut client = EventClient::new(config(server.address, 2, None), context()).unwrap();
    client.open(Resume::default()).await.unwrap();
    let mut found = Vec::new();
    while found.last().is_none_or(|through| *through < 9) {
        let Next::Batch(batch) = client.next().await.unwrap() else {
            panic!("a live stream does not end")
        };
        found.push(batch.through.sequence);
    }
    assert_eq!(found.last(), Some(&9));
}

#[tokio::test]
async fn a_server_without_marks_is_read_as_well() {
    // What any client of the contract sees.
    use flowctl_grpc::proto::token_transfer_service::{
        GetEventsRequest, event_service_client::EventServiceClient,
    };
    let server = serve_events(Chain { last: Some(12) }, &Cancellation::new()).await;
    let connection = flowctl_grpc::Dial::default()
        .connect(&server.address.to_string())
        .await
        .unwrap();
    let mut client = EventServiceClient::new(connection);
    let ask = |start_ledger, end_ledger| GetEventsRequest {
        start_ledger,
        end_ledger,
    };
    let mut stream = client.get_ttp_events(ask(2, 9)).await.unwrap().into_inner();
    let mut found = 0;
    while let Some(event) = stream.message().await.unwrap() {
        assert!(event.event.is_some(), "no marks where nobody asks for them");
        found += 1;
    }
    assert_eq!(found, events(9).len());

    let end = async |mut stream: tonic::Streaming<_>| -> Status {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it ended in good order"),
                Err(status) => return status,
            }
        }
    };
    let stream = client.get_ttp_events(ask(2, 0)).await.unwrap().into_inner();
    let status = end(stream).await;
    let text = "raw ledger source stream ended unexpectedly";
    assert_eq!((status.code(), status.message()), (Code::Unavailable, text));
    let status = client.get_ttp_events(ask(9, 8)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status.message(),
        "end_ledger 8 is below start_ledger 9; 0 is a stream without an end"
    );
}

/// A chain whose parts are of another network than its ledgers, or fail.
struct Broken(&'static str);

impl EventChain for Broken {
    fn source(&self, range: LedgerRange) -> Result<Box<dyn Source>, ComponentError> {
        match self.0 {
            "connect" => Err(ComponentError::new("nobody is there")),
            _ => Chain { last: None }.source(range),
        }
    }

    fn processor(&self) -> Result<Box<dyn Processor>, ComponentError> {
        use crate::processor::{TtpProcessor, TtpProcessorConfig};
        let config = TtpProcessorConfig::new(Network::testnet());
        Ok(Box::new(TtpProcessor::new(config, context())?))
    }
}

#[tokio::test]
async fn what_fails_behind_the_server_is_told_in_the_words_of_the_go_processor() {
    for (kind, code, text) in [
        (
            "connect",
            Code::Internal,
            "failed to connect to raw ledger source: nobody is there",
        ),
        (
            "network",
            Code::FailedPrecondition,
            "failed to process TTP events for ledger 3: ledger 3 is not of the network",
        ),
    ] {
        let server = serve_events(Broken(kind), &Cancellation::new()).await;
        let mut config = config(server.address, 3, Some(4));
        config.dial.give_up_after = Duration::ZERO;
        let mut client = EventClient::new(config, context()).unwrap();
        let error = take(&mut client, Resume::default(), 9).await.unwrap_err();
        let permanent = code == Code::FailedPrecondition;
        assert_eq!(error.is_transient(), !permanent);
        let error = Causes(&error).to_string();
        assert!(error.contains(&format!("{code:?}: {text}")), "{error}");
    }
}

#[tokio::test]
async fn another_network_is_refused_by_both_clients() {
    let events = serve_events(Chain { last: None }, &Cancellation::new()).await;
    let ledgers = serve_ledgers(ledgers(9)).await;
    let testnet = |address| config(address, 2, Some(4)).network(Network::testnet());
    let mut client = EventClient::new(testnet(events.address), context()).unwrap();
    let error = take(&mut client, Resume::default(), 9).await.unwrap_err();
    assert!(error.to_string().contains("serves the network"), "{error}");
    let mut client = LedgerClient::new(testnet(ledgers.address), context()).unwrap();
    let error = take(&mut client, Resume::default(), 9).await.unwrap_err();
    assert!(
        Causes(&error).to_string().contains("is not of the network"),
        "{error}"
    );
    assert!(LedgerClient::new(ClientConfig::new("localhost:1"), context()).is_err());
}

#[tokio::test]
async fn a_ledger_that_does_not_follow_is_refused() {
    let mut gap = ledgers(9);
    gap.remove(4);
    let mut forged = ledgers(9);
    forged[4].1 = ledgers(10)[8].1.clone();
    let late = ledgers(9).split_off(2);
    for (ledgers, word) in [
        (gap, "expected ledger 6, found 7"),
        (forged, "it says that it is ledger 10"),
        (late, "expected ledger 2, found 4"),
    ] {
        let server = serve_ledgers(ledgers).await;
        let mut client = LedgerClient::new(config(server.address, 2, Some(9)), context()).unwrap();
        let error = take(&mut client, Resume::default(), usize::MAX)
            .await
            .unwrap_err();
        assert!(!error.is_transient());
        let error = Causes(&error).to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_draining_server_ends_after_a_whole_ledger_and_a_draining_client_asks_no_more() {
    let drain = Cancellation::new();
    let server = serve_events(Chain { last: None }, &drain).await;
    let context = context();
    let mut client = EventClient::new(config(server.address, 2, None), context.clone()).unwrap();
    client.open(Resume::default()).await.unwrap();
    let (mut found, mut through) = (Vec::new(), 0);
    let mut take = |next: Next| {
        let Next::Batch(batch) = next else {
            panic!("a live stream does not end")
        };
        found.extend(batch.events);
        through = u32::try_from(batch.through.sequence).unwrap();
        through
    };
    while take(client.next().await.unwrap()) <= 5 {}
    context.cancellation.cancel();
    drain.cancel();
    // What is on its way still comes; how much that is, nobody can say.
    while let Ok(next) = tokio::time::timeout(Duration::from_millis(200), client.next()).await {
        take(next.unwrap());
    }
    assert!(through > 5);
    assert!(named(&found) == events(through));
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_that_may_pass() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut config = config(address, 2, None);
    config.dial.give_up_after = Duration::from_millis(20);
    let clients: [Box<dyn Source>; 2] = [
        Box::new(EventClient::new(config.clone(), context()).unwrap()),
        Box::new(LedgerClient::new(config, context()).unwrap()),
    ];
    for mut client in clients {
        let error = take(&mut *client, Resume::default(), 1).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
}
