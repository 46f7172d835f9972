use std::sync::Arc;

use async_trait::async_trait;
use flowctl_core::{
    BoxError, ComponentContext, Source,
    connector::{ConnectError, Served},
};
use flowctl_grpc::{Adapter, Dial, GrpcConnector, connect::V1Adapter, v1};

use super::{
    ClientConfig, EVENT_PROTOCOL, EventClient, LEDGER_PROTOCOL, LedgerClient, StellarForm,
};

/// Programs that serve ledgers.
#[derive(Debug)]
struct LedgerAdapter;

/// Programs that serve token-transfer events.
#[derive(Debug)]
struct EventAdapter;

/// Tells a connector of the Stellar protocols, so that flowctl carries the records of programs that
/// serve them: ledgers and token-transfer events, both as sources; and of the form that they have in
/// `flowctl.v1`.
///
/// Which ledgers are read, and of which network, is said by the program's environment (`START_LEDGER`,
/// `END_LEDGER`, `NETWORK_PASSPHRASE`, `STELLAR_NETWORK`) or by the same keys of its `config`, in
/// lowercase.
///
/// # Examples
///
/// ```
/// use flowctl_core::Connector as _;
///
/// let connector = flowctl_stellar::connect(flowctl_grpc::GrpcConnector::new());
/// assert!(connector.protocols().contains(&"token_transfer_service.EventService".to_owned()));
/// ```
#[must_use]
pub fn connect(connector: GrpcConnector) -> GrpcConnector {
    connector
        .with(LEDGER_PROTOCOL, LedgerAdapter)
        .with(EVENT_PROTOCOL, EventAdapter)
        .with(
            v1::PROTOCOL,
            V1Adapter::new(Arc::new(StellarForm::default())).begin_with("start_ledger"),
        )
}

#[async_trait]
impl Adapter for LedgerAdapter {
    async fn source(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let config = ClientConfig::of(dial, served).map_err(|error| unusable(served, error))?;
        let client = LedgerClient::new(config, context);
        Ok(Box::new(
            client.map_err(|error| unusable(served, error.into()))?,
        ))
    }
}

#[async_trait]
impl Adapter for EventAdapter {
    async fn source(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let config = ClientConfig::of(dial, served).map_err(|error| unusable(served, error))?;
        let client = EventClient::new(config, context);
        Ok(Box::new(
            client.map_err(|error| unusable(served, error.into()))?,
        ))
    }
}

fn unusable(served: &Served, source: BoxError) -> ConnectError {
    ConnectError::Unreachable {
        address: served.address.clone(),
        source,
    }
}
