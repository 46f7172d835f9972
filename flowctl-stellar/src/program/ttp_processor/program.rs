use async_trait::async_trait;

use super::{chain::SourceAndProcessor, offered::offer, settings::TtpSettings, watch::Counting};
use crate::{
    program::{
        facts::{Facts, Role, Traffic},
        failure::Failure,
        program::{Program, Work, only_serve},
        services::Services,
        settings::{GRPC_PORT, HEALTH_PORT},
        shell::Shell,
        variables::Variables,
    },
    wire::EventServer,
};

/// The program `ttp-processor`.
#[derive(Debug)]
pub(crate) struct TokenTransferProcessor(TtpSettings);

#[async_trait]
impl Program for TokenTransferProcessor {
    const FACTS: Facts = Facts {
        name: "ttp-processor",
        summary: "serves the token-transfer events of a source's ledgers over gRPC",
        details: "Serves token_transfer_service.EventService, as upstream's program of this name: every\n\
                  reader has a stream of the source of its own, from the ledger that it asks for. A\n\
                  source that is away is tried again, and read on where it was.",
        role: Role::Processor,
        inputs: &[Traffic::LEDGERS],
        outputs: &[Traffic::TRANSFERS],
        arguments: None,
        grpc: Some((GRPC_PORT, 50051)),
        health: (HEALTH_PORT, 8088),
    };

    fn read(variables: &mut Variables, _arguments: &[String]) -> Option<Self> {
        TtpSettings::read(variables).map(Self)
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("processor_type", "token_transfer".to_owned()),
            ("network", self.0.network.passphrase().to_owned()),
        ]
    }

    async fn start(self, shell: &Shell, services: &mut Services) -> Result<Work, Failure> {
        let settings = self.0;
        tracing::info!(source = %settings.source, "ledgers come from there");
        let network = settings.network.clone();
        let context = shell.context()?;
        let offer = offer(&settings, shell)?;
        let chain = SourceAndProcessor { settings, context };
        let server = EventServer::new(chain, network.clone(), shell.drain.clone());
        services.add(server.watch(Counting::new(shell)));
        services.offer(offer, Some(network));
        Ok(only_serve(shell))
    }
}
