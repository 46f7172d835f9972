use std::num::{NonZeroU32, NonZeroUsize};

use super::{network_settings::read_network, origin::Origin};
use crate::{
    Network,
    program::{
        simulated_options::read_options,
        values::Interval,
        variables::{Value, Variable, Variables},
    },
    rpc::RpcUrl,
    source::{LakeConfig, LedgerRange, SimulatedConfig, StellarRpcConfig},
};

/// What a ledger source serves.
#[derive(Clone, Debug)]
pub(super) struct LedgerSettings {
    pub(super) origin: Origin,
    /// The network that was configured; `None`: the origin's.
    pub(super) network: Option<Network>,
    /// The ledgers that it serves at all.
    pub(super) range: LedgerRange,
    /// How many ledgers `GetLedgerRange` gives at most.
    pub(super) max_range: u32,
}

/// Where ledgers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    Rpc,
    Archive,
    Simulated,
}

const BACKEND_TYPE: Variable = Variable::new(
    &["BACKEND_TYPE"],
    "where ledgers come from: RPC (a Stellar RPC server), ARCHIVE (a data lake) or SIMULATED",
);
const RPC_ENDPOINT: Variable = Variable::new(&["RPC_ENDPOINT"], "the URL of a Stellar RPC server")
    .example("https://soroban-testnet.stellar.org");
const RPC_AUTH_HEADER: Variable = Variable::new(
    &["RPC_AUTH_HEADER"],
    "the Authorization header for the Stellar RPC server",
)
.secret();
const BATCH_SIZE: Variable = Variable::new(
    &["BATCH_SIZE"],
    "how many ledgers a Stellar RPC server is asked for at a time, at most 200",
);
const OPERATION_TIMEOUT: Variable = Variable::new(
    &["OPERATION_TIMEOUT"],
    "how long a Stellar RPC server may say nothing before a call is made again",
);
const STORAGE_TYPE: Variable = Variable::new(
    &["ARCHIVE_STORAGE_TYPE", "STORAGE_TYPE"],
    "what the data lake lies on; only FS, the file system, is built in",
)
.agree();
const BUCKET_NAME: Variable = Variable::new(
    &["ARCHIVE_BUCKET_NAME", "BUCKET_NAME"],
    "the folder of the data lake",
)
.example("/data/lake")
.agree();
const ARCHIVE_PATH: Variable = Variable::new(
    &["ARCHIVE_PATH"],
    "the data lake's place in that folder, as it is in a bucket",
);
const LEDGERS_PER_FILE: Variable = Variable::new(
    &["LEDGERS_PER_FILE"],
    "how many ledgers are in a file of the data lake; its `.config.json` says it too and wins",
);
const FILES_PER_PARTITION: Variable = Variable::new(
    &["FILES_PER_PARTITION"],
    "how many files are in a folder of the data lake; its `.config.json` says it too and wins",
);
const BUFFER_SIZE: Variable = Variable::new(
    &["BUFFER_SIZE"],
    "how many files of the data lake are fetched ahead",
);
const LEDGER_INTERVAL: Variable = Variable::new(
    &["LEDGER_INTERVAL"],
    "the time from one simulated ledger to the next; unset, they are as fast as they are taken",
);
const START_LEDGER: Variable = Variable::new(
    &["START_LEDGER"],
    "the first ledger for streams that ask for none, and for none before it",
);
const END_LEDGER: Variable = Variable::new(
    &["END_LEDGER"],
    "the last ledger that is served; unset or 0, streams go on for ever",
);
const MAX_BATCH_SIZE: Variable = Variable::new(
    &["MAX_BATCH_SIZE"],
    "how many ledgers a GetLedgerRange call may ask for",
);

/// The most that upstream gives in one answer.
const MAX_RANGE: u32 = 1_000;

/// Variables of upstream's programs that have no counterpart here, each with the reason.
const WITHOUT_EFFECT: [(&[&str], &str); 5] = [
    (
        &[
            "SERVE_LEDGERS_FROM_DATASTORE",
            "DATASTORE_TYPE",
            "DATASTORE_BUCKET_PATH",
            "DATASTORE_REGION",
        ],
        "the Stellar RPC server itself decides what it serves from a lake",
    ),
    (
        &[
            "CACHE_HISTORICAL_RESPONSES",
            "HISTORICAL_CACHE_DURATION",
            "ENABLE_PREDICTIVE_PREFETCH",
            "PREFETCH_CONCURRENCY",
            "NUM_WORKERS",
        ],
        "ledgers are read ahead without settings",
    ),
    (
        &[
            "MAX_RETRIES",
            "INITIAL_BACKOFF",
            "MAX_BACKOFF",
            "RETRY_LIMIT",
            "RETRY_WAIT",
            "CIRCUIT_BREAKER_THRESHOLD",
            "CIRCUIT_BREAKER_TIMEOUT",
        ],
        "what may pass is tried again for as long as a stream is open",
    ),
    (
        &["CHECKPOINT_PATH", "CHECKPOINT_INTERVAL"],
        "each reader says where it goes on",
    ),
    (
        &[
            "AWS_REGION",
            "S3_ENDPOINT_URL",
            "S3_FORCE_PATH_STYLE",
            "STELLAR_CORE_BINARY_PATH",
            "STELLAR_CORE_CONFIG_PATH",
            "HISTORY_ARCHIVE_URLS",
        ],
        "neither buckets nor stellar-core are read",
    ),
];

impl Value for Backend {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "RPC" => Ok(Self::Rpc),
            "ARCHIVE" | "LAKE" => Ok(Self::Archive),
            "SIMULATED" => Ok(Self::Simulated),
            "CAPTIVE_CORE" => {
                Err("stellar-core is not built in; set it to RPC or ARCHIVE".to_owned())
            }
            _ => Err("expected RPC, ARCHIVE or SIMULATED".to_owned()),
        }
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rpc => "RPC",
            Self::Archive => "ARCHIVE",
            Self::Simulated => "SIMULATED",
        })
    }
}

impl Value for RpcUrl {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// What a data lake lies on.
#[derive(PartialEq)]
struct FileSystem;

impl Value for FileSystem {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "FS" | "FILE" | "FILESYSTEM" | "LOCAL" => Ok(Self),
            "S3" | "GCS" => Err(
                "that is not built in; set it to FS, and BUCKET_NAME to a folder with a copy"
                    .to_owned(),
            ),
            _ => Err("expected FS".to_owned()),
        }
    }
}

impl LedgerSettings {
    /// Reads them; `default` is where ledgers come from unless it is said.
    pub(super) fn read(variables: &mut Variables, default: Backend) -> Option<Self> {
        for (names, why) in WITHOUT_EFFECT {
            variables.without_effect(names.iter().copied(), why);
        }
        let backend = variables.or(BACKEND_TYPE, default);
        let network = read_network(variables);
        let range = read_range(variables);
        let rpc = read_rpc(variables, backend == Backend::Rpc, network.clone());
        let lake = read_lake(variables, backend == Backend::Archive, network.clone());
        let simulated = read_simulated(variables);
        let max_range = variables.or(MAX_BATCH_SIZE, MAX_RANGE);
        let origin = match backend {
            Backend::Rpc => Origin::Rpc(rpc?),
            Backend::Archive => Origin::Lake(lake?),
            Backend::Simulated => Origin::Simulated(simulated),
        };
        Some(Self {
            origin,
            network,
            range: range?,
            max_range,
        })
    }
}

fn read_range(variables: &mut Variables) -> Option<LedgerRange> {
    // A zero is how others say "none"; ledger 1 is the genesis, which nobody has.
    let start = variables
        .optional::<u32>(START_LEDGER)
        .filter(|start| *start > 1);
    let end = variables.optional::<u32>(END_LEDGER).filter(|end| *end > 0);
    let range = LedgerRange::new(start, end);
    range
        .map_err(|_| {
            let end = end.unwrap_or_default();
            let what = format!("is {end}, which is below START_LEDGER");
            variables.refuse(END_LEDGER.name(), what, "raise it, or unset it");
        })
        .ok()
}

fn read_rpc(
    variables: &mut Variables,
    wanted: bool,
    network: Option<Network>,
) -> Option<StellarRpcConfig> {
    let endpoint = variables.optional::<String>(RPC_ENDPOINT);
    if let Some(text) = endpoint.as_deref().filter(|_| wanted)
        && let Err(fix) = RpcUrl::parse(text)
    {
        variables.refuse(RPC_ENDPOINT.name(), format!("is `{text}`"), fix);
    }
    if wanted && endpoint.is_none() {
        variables.refuse_unset(RPC_ENDPOINT);
    }
    let mut config = StellarRpcConfig::new(endpoint.unwrap_or_default());
    config.authorization = variables.optional(RPC_AUTH_HEADER);
    let batch = variables.or(BATCH_SIZE, config.batch.get());
    match NonZeroU32::new(batch).filter(|batch| batch.get() <= StellarRpcConfig::MAX_BATCH) {
        Some(batch) => config.batch = batch,
        None => variables.refuse(
            BATCH_SIZE.name(),
            format!("is {batch}"),
            format!("expected 1 to {}", StellarRpcConfig::MAX_BATCH),
        ),
    }
    config.timeout = variables.or(OPERATION_TIMEOUT, Interval(config.timeout)).0;
    config.network = network;
    Some(config)
}

fn read_lake(
    variables: &mut Variables,
    wanted: bool,
    network: Option<Network>,
) -> Option<LakeConfig> {
    variables.optional::<FileSystem>(STORAGE_TYPE);
    let folder = variables.optional::<String>(BUCKET_NAME);
    let path = variables.optional::<String>(ARCHIVE_PATH);
    if wanted && folder.is_none() {
        variables.refuse_unset(BUCKET_NAME);
    }
    let folder = folder.unwrap_or_default();
    let url = match path {
        Some(path) => format!(
            "{}/{}",
            folder.trim_end_matches('/'),
            path.trim_matches('/')
        ),
        None => folder,
    };
    let mut config = LakeConfig::new(url);
    config.ledgers_per_batch = variables.optional(LEDGERS_PER_FILE);
    config.batches_per_partition = variables.optional(FILES_PER_PARTITION);
    config.prefetch = variables.or::<NonZeroUsize>(BUFFER_SIZE, config.prefetch);
    config.network = network;
    Some(config)
}

fn read_simulated(variables: &mut Variables) -> SimulatedConfig {
    let mut config = SimulatedConfig::new(read_options(variables));
    if let Some(Interval(interval)) = variables.optional(LEDGER_INTERVAL) {
        config.interval = interval;
    }
    config
}
