//! Every message of the generated code, by its full name.

use std::collections::BTreeMap;

use flowctl_grpc::proto::{
    admin, asset, data, legacy, raw_ledger, token_transfer, token_transfer_service, v1,
};
use prost::Message;

/// Decodes and encodes again.
pub(crate) type Roundtrip = fn(&[u8]) -> Vec<u8>;

fn roundtrip<M: Message + Default>(bytes: &[u8]) -> Vec<u8> {
    M::decode(bytes).unwrap().encode_to_vec()
}

macro_rules! messages {
    ($($package:literal in $module:ident: $($message:ident)*;)*) => {
        BTreeMap::from([$($(
            (concat!($package, ".", stringify!($message)), roundtrip::<$module::$message> as Roundtrip),
        )*)*])
    };
}

/// How each message is decoded and encoded again.
pub(crate) fn roundtrips() -> BTreeMap<&'static str, Roundtrip> {
    messages! {
        "asset" in asset:
            IssuedAsset Asset;
        "flowctl" in legacy:
            ServiceInfo RegistrationAck ServiceHeartbeat ServiceStatus ServiceList
            RunMetrics ComponentMetrics PipelineRun CreatePipelineRunRequest
            UpdatePipelineRunRequest GetPipelineRunRequest ListPipelineRunsRequest
            ListPipelineRunsResponse StopPipelineRunRequest;
        "flowctl.admin.v1" in admin:
            StatusRequest StatusResponse Component Instance Health Edge EventsRequest
            EventsResponse State Opened Retrying Rejected Draining FailedRun Restarting
            Missed Ended Outcome LogsRequest LogsResponse LogLine LogsMissing
            StopRequest StopResponse RunsRequest RunsResponse Run;
        "flowctl.data.v1" in data:
            DescribeRequest DescribeResponse Description SourceIdentity Position Event
            Entry Batch Failure EventName Ping Close Closed ReadRequest OpenRead Credit
            Proceed Nack ReadResponse OpenedRead ReadBatch Idle End Drained
            ProcessRequest OpenCalls ProcessBatch ProcessResponse OpenedProcess
            Processed Failed WriteRequest WriteBatch WriteResponse OpenedWrite Written
            TakenOver ResetRequest ResetResponse DrainRequest DrainResponse;
        "flowctl.v1" in v1:
            Event Cursor ComponentInfo HealthCheckRequest HealthCheckResponse
            ComponentHealth StreamRequest StateRequest StateResponse SaveStateRequest
            ConsumeResponse RegisterRequest RegisterResponse UnregisterRequest
            DiscoveryRequest DiscoveryResponse HeartbeatRequest ComponentStatusRequest
            ComponentStatusResponse ListComponentsRequest ListComponentsResponse;
        "raw_ledger_service" in raw_ledger:
            StreamLedgersRequest RawLedger GetLedgerRangeRequest GetLedgerRangeResponse;
        "token_transfer" in token_transfer:
            EventMeta MuxedInfo Transfer Mint Burn Clawback Fee TokenTransferEvent;
        "token_transfer_service" in token_transfer_service:
            GetEventsRequest;
    }
}
