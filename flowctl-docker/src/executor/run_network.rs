use std::net::{IpAddr, TcpListener};

use bollard::{
    errors::Error,
    models::{Network, NetworkCreateRequest},
    query_parameters::ListNetworksOptionsBuilder,
};
use flowctl_core::{
    RunId,
    executor::{ExecutorError, ExecutorErrorKind, RunScope},
};

use super::{DockerExecutor, docker_executor::with_label};
use crate::{
    container::{label, prefix, run_labels},
    error::{Call, NAME, Unfit, failed, is_absent},
};

impl DockerExecutor {
    /// Makes the run's network unless it is there.
    pub(super) async fn open_network(&self, run: &RunScope) -> Result<(), ExecutorError> {
        let broken = |cause| failed(Call::OpenRun, cause);
        if !self.networks(&run.id).await.map_err(broken)?.is_empty() {
            return Ok(());
        }
        let request = NetworkCreateRequest {
            name: network_name(run),
            driver: Some("bridge".to_owned()),
            labels: Some(run_labels(run)),
            ..NetworkCreateRequest::default()
        };
        match self.engine.docker.create_network(request).await {
            Ok(_) => {}
            // Engines from 25 on refuse a second network of the same name: somebody was faster.
            Err(Error::DockerResponseServerError {
                status_code: 409, ..
            }) => {}
            Err(cause) => return Err(broken(cause)),
        }
        // Older ones allow it. Of several that were made at once the first by id stays.
        let mut made = self.networks(&run.id).await.map_err(broken)?;
        made.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        for network in made.iter().skip(1) {
            self.remove_network(network).await.map_err(broken)?;
        }
        Ok(())
    }

    /// The id of the run's network.
    pub(super) async fn network_of(&self, run: &RunId) -> Result<String, ExecutorError> {
        let networks = self.networks(run).await;
        let networks = networks.map_err(|cause| failed(Call::Create, cause))?;
        let id = networks.into_iter().filter_map(|network| network.id).min();
        id.ok_or_else(|| {
            ExecutorError::new(NAME, Call::Create.action(), ExecutorErrorKind::NotFound)
                .caused_by("the run is not open: it has no network")
        })
    }

    /// Takes away the networks of a run. One that a container of somebody else is attached to stays.
    pub(super) async fn remove_networks_of(&self, run: &RunId) -> Result<(), ExecutorError> {
        let networks = self.networks(run).await;
        let mut result = Ok(());
        for network in networks.map_err(|cause| failed(Call::CloseRun, cause))? {
            if let Err(cause) = self.remove_network(&network).await {
                result = Err(failed(Call::CloseRun, cause));
            }
        }
        result
    }

    async fn remove_network(&self, network: &Network) -> Result<(), Error> {
        let Some(id) = &network.id else {
            return Ok(());
        };
        match self.engine.docker.remove_network(id).await {
            Err(cause) if !is_absent(&cause) => Err(cause),
            _ => Ok(()),
        }
    }

    /// By label, never by name: names may be ambiguous.
    async fn networks(&self, run: &RunId) -> Result<Vec<Network>, Error> {
        let options = ListNetworksOptionsBuilder::new()
            .filters(&with_label(label::RUN, run.as_str()))
            .build();
        self.engine.docker.list_networks(Some(options)).await
    }

    /// The gateway of the run's network, where that is an address of this machine.
    pub(super) async fn gateway(&self, run: &RunScope) -> Result<IpAddr, ExecutorError> {
        let network = self.network_of(&run.id).await?;
        let found = self.engine.docker.inspect_network(&network, None).await;
        let found = found.map_err(|cause| failed(Call::Inspect, cause))?;
        let configs = found.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        let gateway = configs
            .iter()
            .filter_map(|config| config.gateway.as_deref()?.parse::<IpAddr>().ok())
            .find(IpAddr::is_ipv4);
        match gateway {
            // The one sure sign that the engine's bridges are on this machine, and not in a virtual
            // machine, a network namespace of an engine without root, or on another machine.
            Some(gateway) if TcpListener::bind((gateway, 0)).is_ok() => Ok(gateway),
            _ => Err(Unfit::new(
                "host_address",
                format!(
                    "the containers of the engine at {} cannot reach this machine: its networks are \
                     elsewhere. Use the engine of this machine (unset DOCKER_HOST, or a context that \
                     leads to it), one that runs as root and not in a virtual machine",
                    self.engine.host()
                ),
            )
            .at(Call::Inspect)),
        }
    }
}

/// `{pipeline}-{run}`: no other has it, also where an engine allows several of one name.
fn network_name(run: &RunScope) -> String {
    format!("{}{}-{}", prefix(&run.namespace, '-'), run.pipeline, run.id)
}
