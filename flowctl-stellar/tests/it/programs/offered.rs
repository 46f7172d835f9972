use flowctl_core::{
    ComponentContext, Source as _,
    component::{Next, Resume},
    event::Position,
};
use flowctl_grpc::{
    Dial,
    data::{self, DataSource},
    proto::{
        raw_ledger::RawLedger,
        v1::{StreamRequest, source_service_client::SourceServiceClient},
    },
};
use prost::Message as _;
use tonic::Code;

use super::{Running, client, simulated, stream, take};

fn source(more: &[(&str, &str)]) -> Running {
    let mut set = vec![("BACKEND_TYPE", "SIMULATED"), ("SEED", "7")];
    set.extend(more);
    Running::start("stellar-live-source", &set)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledgers_come_by_flowctls_own_protocol_as_from_a_source_in_this_process() {
    let mut program = source(&[("END_LEDGER", "150")]);
    let address = program.address("serving grpc");
    let context = ComponentContext::detached("in".parse().unwrap());
    let mut source = DataSource::new(Dial::default(), address, context);
    assert!(
        source
            .identify()
            .await
            .unwrap()
            .fingerprint
            .starts_with("stellar:")
    );
    source.open(Resume::after(Position::at(20))).await.unwrap();
    let mut ledgers = Vec::new();
    loop {
        match source.next().await.unwrap() {
            Next::Batch(batch) => ledgers.extend(batch.events.iter().map(|event| RawLedger {
                sequence: u32::try_from(event.sequence()).unwrap(),
                ledger_close_meta_xdr: event.payload().as_bytes().unwrap().clone(),
            })),
            Next::End => break,
            _ => {}
        }
    }
    source.close().await.unwrap();
    assert!(ledgers == simulated(7, 21, 150));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_go_flowctl_gets_ledgers_as_it_knows_them() {
    let mut program = source(&[("STELLAR_NETWORK", "simulated")]);
    let address = program.address("serving grpc");
    let connection = Dial::default().connect(&address).await.unwrap();
    let mut client = SourceServiceClient::new(connection);
    let info = client.get_info(()).await.unwrap().into_inner();
    assert_eq!(info.name, "stellar-live-source");
    let range = [("start_ledger", "5"), ("end_ledger", "24")];
    let request = StreamRequest {
        params: range
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..StreamRequest::default()
    };
    let mut events = client.stream_events(request).await.unwrap().into_inner();
    let mut ledgers = Vec::new();
    while let Some(event) = events.message().await.unwrap() {
        assert_eq!(event.r#type, "stellar.ledger.v1");
        assert_eq!(event.content_type, "application/protobuf");
        let ledger = RawLedger::decode(&*event.payload).unwrap();
        assert_eq!(event.cursor.unwrap().sequence, u64::from(ledger.sequence));
        assert_eq!(
            event.metadata["ledger_sequence"],
            ledger.sequence.to_string()
        );
        ledgers.push(ledger);
    }
    assert!(ledgers == simulated(7, 5, 24));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_to_drain_ends_its_streams_and_stays_until_it_is_asked_to_end() {
    let mut program = source(&[("LEDGER_INTERVAL", "20ms")]);
    let address = program.address("serving grpc");
    let client = client(&mut program).await;
    let mut ledgers = stream(&client, 2).await;
    take(&mut ledgers, 3).await.unwrap();
    assert!(data::drain(&Dial::default(), &address).await.unwrap());
    let status = take(&mut ledgers, usize::MAX).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    // It still answers, but takes nothing on.
    let mut refused = client.clone();
    let request = flowctl_grpc::proto::raw_ledger::StreamLedgersRequest { start_ledger: 2 };
    let status = refused.stream_raw_ledgers(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    program.terminate();
    assert_eq!(program.ended().code, Some(0));
}
