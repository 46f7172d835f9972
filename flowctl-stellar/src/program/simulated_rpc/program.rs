use std::sync::Arc;

use async_trait::async_trait;
use tokio::{task::spawn_blocking, time::Instant};

use super::{
    chain::Chain,
    methods::Methods,
    server::RpcServer,
    settings::{RPC_PORT, RpcServerSettings},
};
use crate::program::{
    facts::{Facts, Role},
    failure::Failure,
    http::HttpServer,
    program::{Program, Work},
    services::Services,
    settings::HEALTH_PORT,
    shell::Shell,
    socket::Socket,
    variables::Variables,
};

/// The program `simulated-rpc`.
#[derive(Debug)]
pub(crate) struct SimulatedRpc(RpcServerSettings);

#[async_trait]
impl Program for SimulatedRpc {
    const FACTS: Facts = Facts {
        name: "simulated-rpc",
        summary: "serves a simulated Stellar network as a Stellar RPC server does",
        details: "Methods: getHealth, getLatestLedger, getNetwork, getLedgers, getVersionInfo. The same\n\
                  settings give the same ledgers, always. /health is answered on both ports.",
        role: Role::Service,
        inputs: &[],
        outputs: &[],
        arguments: None,
        grpc: None,
        health: (HEALTH_PORT, 8001),
    };

    fn read(variables: &mut Variables, _arguments: &[String]) -> Option<Self> {
        RpcServerSettings::read(variables).map(Self)
    }

    async fn start(self, shell: &Shell, _services: &mut Services) -> Result<Work, Failure> {
        let RpcServerSettings {
            address,
            options,
            growth,
        } = self.0;
        let address = address.or_host(shell.settings.listen_host.as_deref());
        let socket = Socket::take(&address, RPC_PORT.name()).await?;
        shell
            .condition
            .trouble("the ledgers up to the newest are being made");
        let made = spawn_blocking(move || {
            let mut chain = Chain::new(options)?;
            // So that the first call need not wait for all ledgers before.
            chain.ledgers(growth.latest, growth.latest, 0);
            Ok::<_, crate::simulated::OptionsError>(chain)
        });
        let chain = made
            .await
            .map_err(|error| Failure::because("the ledgers could not be made", error))?
            .map_err(|error| Failure::because("there is no such network", error))?;
        let server = RpcServer {
            methods: Arc::new(Methods::new(chain, growth.retention)),
            growth,
            started: Instant::now(),
            pages: shell.pages(),
            metrics: shell.metrics.clone(),
        };
        let (listener, address) = socket.listen()?;
        tracing::info!(program = Self::FACTS.name, %address, "serving rpc");
        let server = HttpServer::new(listener, Arc::new(server));
        let stop = shell.stop.clone();
        Ok(Box::pin(async move {
            server.serve(stop).await;
            Ok(())
        }))
    }
}
