use std::sync::Arc;

use async_trait::async_trait;

use super::{
    offered::offer,
    open_source::reach,
    origin::Origin,
    raw_ledgers::RawLedgers,
    settings::{Backend, LedgerSettings},
};
use crate::program::{
    facts::{Facts, Role, Traffic},
    failure::Failure,
    program::{Program, Work, only_serve},
    services::Services,
    settings::{GRPC_PORT, HEALTH_PORT},
    shell::Shell,
    variables::Variables,
};

/// The program `stellar-live-source`.
#[derive(Debug)]
pub(crate) struct LiveSource(LedgerSettings);

/// The program `stellar-live-source-datalake`.
#[derive(Debug)]
pub(crate) struct DatalakeSource(LedgerSettings);

const DETAILS: &str = "Serves raw_ledger_service.RawLedgerService, as upstream's program of this name, and\n\
     flowctl.data.v1 and flowctl.v1.";

#[async_trait]
impl Program for LiveSource {
    const FACTS: Facts = Facts {
        name: "stellar-live-source",
        summary: "serves the ledgers of a Stellar network over gRPC, from a Stellar RPC server",
        details: DETAILS,
        role: Role::Source,
        inputs: &[],
        outputs: &[Traffic::LEDGERS],
        arguments: None,
        grpc: Some((GRPC_PORT, 50052)),
        health: (HEALTH_PORT, 8088),
    };

    fn read(variables: &mut Variables, _arguments: &[String]) -> Option<Self> {
        LedgerSettings::read(variables, Backend::Rpc).map(Self)
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        metadata(&self.0)
    }

    async fn start(self, shell: &Shell, services: &mut Services) -> Result<Work, Failure> {
        start(self.0, shell, services).await
    }
}

#[async_trait]
impl Program for DatalakeSource {
    const FACTS: Facts = Facts {
        name: "stellar-live-source-datalake",
        summary: "serves the ledgers of a Stellar network over gRPC, from a data lake (SEP-54)",
        grpc: Some((GRPC_PORT, 50053)),
        ..LiveSource::FACTS
    };

    fn read(variables: &mut Variables, _arguments: &[String]) -> Option<Self> {
        LedgerSettings::read(variables, Backend::Archive).map(Self)
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        metadata(&self.0)
    }

    async fn start(self, shell: &Shell, services: &mut Services) -> Result<Work, Failure> {
        start(self.0, shell, services).await
    }
}

fn metadata(settings: &LedgerSettings) -> Vec<(&'static str, String)> {
    let mut said = vec![
        ("ledger_type", "stellar".to_owned()),
        ("origin", settings.origin.describe()),
    ];
    if let Some(network) = &settings.network {
        said.push(("network", network.passphrase().to_owned()));
    }
    said
}

async fn start(
    mut settings: LedgerSettings,
    shell: &Shell,
    services: &mut Services,
) -> Result<Work, Failure> {
    tracing::info!(
        origin = settings.origin.describe(),
        "ledgers come from there"
    );
    if let Origin::Lake(config) = &mut settings.origin {
        for said in config.prefer_manifest().await? {
            tracing::warn!("{said}");
        }
    }
    reach(
        &settings.origin,
        shell.context()?,
        &shell.condition,
        &shell.drain,
    )
    .await?;
    let settings = Arc::new(settings);
    services.offer(
        offer(Arc::clone(&settings), shell)?,
        settings.network.clone(),
    );
    services.add(RawLedgers::new(settings, shell.clone()).service());
    Ok(only_serve(shell))
}
