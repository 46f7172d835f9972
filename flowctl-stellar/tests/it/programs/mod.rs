//! The programs, as processes.

mod chain;
mod configuration;
mod control_plane;
mod ending;
mod offered;
mod origins;
mod registration;
mod running;
mod streams;

use flowctl_grpc::{
    Dial,
    proto::raw_ledger::{
        RawLedger, StreamLedgersRequest, raw_ledger_service_client::RawLedgerServiceClient,
    },
};
use flowctl_stellar::simulated::{Options, SimulatedNetwork};
use tonic::{Status, Streaming};

use self::running::Running;

/// The client of a source, for ledgers of any size.
pub(crate) type Client = RawLedgerServiceClient<flowctl_grpc::dial::Connection>;

pub(crate) async fn client(source: &mut Running) -> Client {
    let address = source.address("serving grpc");
    let connection = Dial::default().connect(&address).await.unwrap();
    RawLedgerServiceClient::new(connection).max_decoding_message_size(Dial::MAX_MESSAGE)
}

/// Opens a stream.
pub(crate) async fn stream(client: &Client, start_ledger: u32) -> Streaming<RawLedger> {
    let request = StreamLedgersRequest { start_ledger };
    let stream = client.clone().stream_raw_ledgers(request).await;
    stream.unwrap().into_inner()
}

/// The next so many ledgers of a stream.
pub(crate) async fn take(
    stream: &mut Streaming<RawLedger>,
    count: usize,
) -> Result<Vec<RawLedger>, Status> {
    let mut ledgers = Vec::new();
    while ledgers.len() < count {
        match stream.message().await? {
            Some(ledger) => ledgers.push(ledger),
            None => break,
        }
    }
    Ok(ledgers)
}

/// The ledgers of the simulated network with this seed.
pub(crate) fn simulated(seed: u64, from: u32, to: u32) -> Vec<RawLedger> {
    let mut network = SimulatedNetwork::new(Options::with_seed(seed)).unwrap();
    network.skip_to(from);
    network
        .take((to - from + 1) as usize)
        .map(|ledger| RawLedger {
            sequence: ledger.sequence,
            ledger_close_meta_xdr: ledger.bytes,
        })
        .collect()
}
