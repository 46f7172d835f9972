use flowctl_core::{ComponentKind, ConfigKey, EventType, Registry, RegistryError, connector::Wire};

use super::{ClientConfig, EVENT_PROTOCOL, EventClient, LEDGER_PROTOCOL, LedgerClient};

/// What both ends of an edge must agree on: a ledger is only understood with its network.
const NETWORK: [&str; 2] = ["NETWORK_PASSPHRASE", "STELLAR_NETWORK"];

/// Registers both clients as sources, and how ledgers and events travel between programs.
pub(crate) fn register(
    registry: &mut Registry,
    ledger: &EventType,
    transfer: &EventType,
) -> Result<(), RegistryError> {
    registry.source::<ClientConfig>(ledger_service(ledger), |config, context| {
        Ok(Box::new(LedgerClient::new(config, context)?))
    })?;
    registry.source::<ClientConfig>(event_service(transfer), |config, context| {
        Ok(Box::new(EventClient::new(config, context)?))
    })?;
    // The names by which components of `flowctl.v1` register the same events.
    for (alias, canonical) in [
        ("stellar.ledger.v1", ledger),
        ("stellar.token.transfer.v1", transfer),
    ] {
        let alias = alias.parse().map_err(|_| RegistryError::EventType {
            name: alias.to_owned(),
        })?;
        registry.alias(alias, canonical.clone());
    }
    let ledgers = Wire::new(LEDGER_PROTOCOL)
        .address_in(["SOURCE_SERVICE_ADDRESS", "LIVE_SOURCE_ENDPOINT"])
        .shares(NETWORK);
    registry.wire(ledger.clone(), ledgers);
    let events = Wire::new(EVENT_PROTOCOL)
        .address_in(["TTP_SERVICE_ADDRESS"])
        .shares(NETWORK);
    registry.wire(transfer.clone(), events);
    Ok(())
}

fn ledger_service(ledger: &EventType) -> ComponentKind {
    let summary = "ledgers of a program that serves them over gRPC, such as stellar-live-source";
    client(ComponentKind::source("stellar-ledger-service", summary).emits(ledger.clone()))
}

fn event_service(transfer: &EventType) -> ComponentKind {
    let summary =
        "token-transfer events of a program that serves them over gRPC, such as ttp-processor";
    client(ComponentKind::source("token-transfer-service", summary).emits(transfer.clone()))
}

fn client(kind: ComponentKind) -> ComponentKind {
    kind.key(ConfigKey::required(
        "address",
        "host:port",
        "where the program serves",
    ))
    .key(ConfigKey::optional(
        "network",
        "pubnet | testnet | futurenet | standalone | simulated",
        "none",
        "the network by name; this or `network_passphrase` is needed for ledgers",
    ))
    .key(ConfigKey::optional(
        "network_passphrase",
        "text",
        "that of `network`",
        "the network by its passphrase",
    ))
    .key(ConfigKey::optional(
        "start_ledger",
        "a ledger sequence",
        "where the program begins by itself",
        "the first ledger",
    ))
    .key(ConfigKey::optional(
        "end_ledger",
        "a ledger sequence",
        "none: it goes on for ever",
        "the last ledger, inclusive",
    ))
}
