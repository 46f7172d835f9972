use std::io::Write;

use flowctl_core::{ComponentKind, ConfigKey, EventType, Registry, RegistryError};

use crate::{
    format::RawLedger,
    processor::{TOKEN_TRANSFER_EVENT_TYPE, TtpProcessor, TtpProcessorConfig},
    sink::{Console, ConsoleConfig, JsonLines, JsonLinesConfig, Sqlite, SqliteConfig},
    source::{
        LEDGER_EVENT_TYPE, Lake, LakeConfig, LedgerFiles, LedgerFilesConfig, Simulated,
        SimulatedConfig,
    },
    token_transfer::TokenTransferEvent,
};

/// Registers every component of this crate under its name, with its keys and event types, but for
/// `console` (see [`register_console`]).
///
/// # Errors
///
/// [`RegistryError::Taken`] when the registry has a component with one of the names.
pub fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    let ledger = event_type(LEDGER_EVENT_TYPE)?;
    let transfer = event_type(TOKEN_TRANSFER_EVENT_TYPE)?;
    registry.event::<RawLedger>()?;
    registry.event::<TokenTransferEvent>()?;
    registry.source::<LedgerFilesConfig>(ledger_files(&ledger), |config, context| {
        Ok(Box::new(LedgerFiles::new(config, context)?))
    })?;
    registry.source::<LakeConfig>(lake(&ledger), |config, context| {
        Ok(Box::new(Lake::new(config, context)?))
    })?;
    #[cfg(feature = "rpc")]
    registry
        .source::<crate::source::StellarRpcConfig>(stellar_rpc(&ledger), |config, context| {
            Ok(Box::new(crate::source::StellarRpc::new(config, context)?))
        })?;
    registry.source::<SimulatedConfig>(simulated(&ledger), |config, context| {
        Ok(Box::new(Simulated::new(config, context)?))
    })?;
    registry
        .processor::<TtpProcessorConfig>(ttp_processor(&ledger, &transfer), |config, context| {
            Ok(Box::new(TtpProcessor::new(config, context)?))
        })?;
    registry.sink::<JsonLinesConfig>(jsonl(), |config, context| {
        Ok(Box::new(JsonLines::new(config, context)?))
    })?;
    registry.sink::<SqliteConfig>(sqlite(&transfer), |config, context| {
        Ok(Box::new(Sqlite::new(config, context)?))
    })?;
    #[cfg(feature = "grpc")]
    crate::wire::register(registry, &ledger, &transfer)?;
    Ok(())
}

/// Registers the sink `console`, which writes to what `writer` makes for each instance: this library
/// prints nothing itself.
///
/// # Errors
///
/// [`RegistryError::Taken`] when the registry has a component with this name.
pub fn register_console(
    registry: &mut Registry,
    writer: impl Fn() -> Box<dyn Write + Send> + Send + Sync + 'static,
) -> Result<(), RegistryError> {
    registry.sink::<ConsoleConfig>(console(), move |config, context| {
        Ok(Box::new(Console::new(config, context, writer())?))
    })?;
    Ok(())
}

fn event_type(name: &str) -> Result<EventType, RegistryError> {
    name.parse().map_err(|_| RegistryError::EventType {
        name: name.to_owned(),
    })
}

fn ledger_files(ledger: &EventType) -> ComponentKind {
    let summary = "ledgers in files: single, batch or framed XDR; plain, gzip, Zstandard or tar";
    let kind = ComponentKind::source("stellar-ledger-files", summary)
        .emits(ledger.clone())
        .key(ConfigKey::required(
            "paths",
            "a list of paths or patterns",
            "the files",
        ));
    range(network(kind)).key(ConfigKey::optional(
        "gaps",
        "error | allow",
        "error",
        "whether ledgers may be missing; each gap is counted as a warning",
    ))
}

fn lake(ledger: &EventType) -> ComponentKind {
    let summary = "ledgers of a data lake (SEP-54), such as Galexie fills; goes on at its tip";
    let manifest = "as the lake's `.config.json` says";
    let number = "a whole number";
    ComponentKind::source("stellar-lake", summary)
        .emits(ledger.clone())
        .key(ConfigKey::required(
            "url",
            "a path or a file:// URL",
            "the root of the lake",
        ))
        .key(ConfigKey::optional(
            "network",
            NETWORKS,
            manifest,
            "the network by name",
        ))
        .key(ConfigKey::optional(
            "network_passphrase",
            "text",
            manifest,
            "the network by its passphrase",
        ))
        .key(ConfigKey::optional(
            "start_ledger",
            "a ledger sequence",
            "2",
            "the first ledger",
        ))
        .key(ConfigKey::optional(
            "end_ledger",
            "a ledger sequence",
            "none: it waits at the tip",
            "the last ledger, inclusive",
        ))
        .key(ConfigKey::optional(
            "ledgers_per_batch",
            number,
            manifest,
            "how many ledgers are in an object",
        ))
        .key(ConfigKey::optional(
            "batches_per_partition",
            number,
            manifest,
            "how many objects are in a folder",
        ))
        .key(ConfigKey::optional(
            "prefetch",
            number,
            "8",
            "how many objects are fetched ahead",
        ))
        .key(ConfigKey::optional(
            "poll_interval",
            "a time, such as 5s",
            "5s",
            "the longest time between two looks for the next object at the tip",
        ))
}

#[cfg(feature = "rpc")]
fn stellar_rpc(ledger: &EventType) -> ComponentKind {
    let summary = "ledgers of a Stellar RPC server (`getLedgers`); goes on at the newest";
    ComponentKind::source("stellar-rpc", summary)
        .emits(ledger.clone())
        .key(ConfigKey::required(
            "endpoint",
            "an http:// or https:// URL",
            "the server; not a Horizon server",
        ))
        .key(ConfigKey::optional(
            "network",
            NETWORKS,
            "the server's",
            "the network by name; another one than the server's is an error",
        ))
        .key(ConfigKey::optional(
            "network_passphrase",
            "text",
            "the server's",
            "the network by its passphrase",
        ))
        .key(ConfigKey::optional(
            "start_ledger",
            "a ledger sequence",
            "the newest when it first starts",
            "the first ledger",
        ))
        .key(ConfigKey::optional(
            "end_ledger",
            "a ledger sequence",
            "none: it waits for the next",
            "the last ledger, inclusive",
        ))
        .key(ConfigKey::optional(
            "batch",
            "1 to 200",
            "20",
            "how many ledgers are asked for at a time; fewer where an answer is too large",
        ))
        .key(ConfigKey::optional(
            "poll_interval",
            "a time, such as 2s",
            "2s",
            "the time between two looks for the next ledger",
        ))
        .key(ConfigKey::optional(
            "timeout",
            "a time, such as 30s",
            "30s",
            "how long the server may say nothing before a call is made again",
        ))
        .key(ConfigKey::optional(
            "authorization",
            "text",
            "none",
            "the value of the `Authorization` header",
        ))
}

fn simulated(ledger: &EventType) -> ComponentKind {
    let summary = "ledgers of a simulated network, made from a seed: needs nothing from outside";
    let number = "a whole number";
    ComponentKind::source("stellar-simulated-network", summary)
        .emits(ledger.clone())
        .key(ConfigKey::optional(
            "seed",
            number,
            "1",
            "which of all such networks",
        ))
        .key(ConfigKey::optional(
            "start_ledger",
            "a ledger sequence",
            "2",
            "the first ledger",
        ))
        .key(ConfigKey::optional(
            "end_ledger",
            "a ledger sequence",
            "none: it goes on for ever",
            "the last ledger, inclusive",
        ))
        .key(ConfigKey::optional(
            "protocol",
            "1 to 26",
            "23",
            "the protocol version, which decides the form of the ledgers",
        ))
        .key(ConfigKey::optional(
            "unified_events",
            "true | false",
            "true",
            "whether ledgers hold the events that stellar-core writes (CAP-67)",
        ))
        .key(ConfigKey::optional(
            "transactions_per_ledger",
            number,
            "10",
            "how many transactions a ledger has in the mean",
        ))
        .key(ConfigKey::optional(
            "accounts",
            number,
            "20",
            "how many accounts there are",
        ))
        .key(ConfigKey::optional(
            "interval",
            "a time, such as 5s",
            "0: as fast as they are taken",
            "the time from one ledger to the next",
        ))
}

fn ttp_processor(ledger: &EventType, transfer: &EventType) -> ComponentKind {
    let summary = "the token-transfer events of ledgers";
    let kind = ComponentKind::processor("ttp-processor", summary)
        .accepts(ledger.clone())
        .emits(transfer.clone())
        .stateless();
    network(kind)
        .key(ConfigKey::optional(
            "mode",
            "auto | unified | derived",
            "auto",
            "read the events that stellar-core wrote (unified), derive them from what the ledger \
             changed (derived), or read where they are and derive where not (auto)",
        ))
        .key(ConfigKey::optional(
            "verify",
            "true | false",
            "false",
            "hold the events of each ledger against all its balances; a difference stops the run",
        ))
}

fn jsonl() -> ComponentKind {
    let summary = "one line of JSON per event in a file; resumes without a gap or a duplicate";
    ComponentKind::sink("jsonl", summary)
        .look_with("head -n 3 {path}")
        .key(ConfigKey::required(
            "path",
            "a path",
            "the file; its position is kept beside it in `PATH.position`",
        ))
}

fn sqlite(transfer: &EventType) -> ComponentKind {
    let summary = "one row per token-transfer event in a SQLite database; resumes without a gap or a \
                   duplicate";
    let path = ConfigKey::required("path", "a path", "the database; made where there is none");
    let query = "SELECT kind, asset_code, count(*) FROM events GROUP BY 1, 2";
    ComponentKind::sink("sqlite", summary)
        .look_with(format!("sqlite3 {{path}} '{query}'"))
        .accepts(transfer.clone())
        .key(path)
}

fn console() -> ComponentKind {
    ComponentKind::sink("console", "shows events as they come, for people to watch")
        .key(ConfigKey::optional(
            "format",
            "text | json",
            "text",
            "how an event is shown",
        ))
        .key(ConfigKey::optional(
            "limit",
            "a whole number",
            "20",
            "the most events that are shown in a second; 0: all",
        ))
        .key(ConfigKey::optional(
            "sample",
            "a whole number",
            "1",
            "of how many events one is shown",
        ))
}

/// The values of `network`.
const NETWORKS: &str = "pubnet | testnet | futurenet | standalone | simulated";

fn network(kind: ComponentKind) -> ComponentKind {
    kind.key(ConfigKey::optional(
        "network",
        NETWORKS,
        "none",
        "the network by name; this or `network_passphrase` is needed",
    ))
    .key(ConfigKey::optional(
        "network_passphrase",
        "text",
        "that of `network`",
        "the network by its passphrase",
    ))
}

fn range(kind: ComponentKind) -> ComponentKind {
    kind.key(ConfigKey::optional(
        "start_ledger",
        "a ledger sequence",
        "the first there is",
        "the first ledger",
    ))
    .key(ConfigKey::optional(
        "end_ledger",
        "a ledger sequence",
        "the last there is",
        "the last ledger, inclusive",
    ))
}
