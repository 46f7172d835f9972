use std::net::{IpAddr, Ipv4Addr, TcpListener};

use bollard::query_parameters::ListContainersOptionsBuilder;
use flowctl_core::executor::{
    Endpoint, ExecutorError, ExecutorErrorKind, Handle, Instance, Reader,
};

use super::{DockerExecutor, docker_executor::not_found, port_owner};
use crate::{
    container::{Identity, PublishedPort, label, published},
    error::{Call, NAME, Unfit, failed},
};

const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

impl DockerExecutor {
    /// Refuses a pinned port that somebody has, and says who.
    pub(super) async fn check_pinned_ports(
        &self,
        instance: &Instance,
    ) -> Result<(), ExecutorError> {
        let pinned: Vec<PublishedPort> = published(instance)
            .into_iter()
            .filter(|port| port.host_port.is_some())
            .collect();
        if pinned.is_empty() {
            return Ok(());
        }
        let options = ListContainersOptionsBuilder::new().build();
        let running = self.engine.docker.list_containers(Some(options)).await;
        let running = running.map_err(|cause| failed(Call::List, cause))?;
        let wanted = Identity::of(instance);
        for port in pinned {
            let Some(number) = port.host_port else {
                continue;
            };
            let publishes = |ports: &[bollard::models::PortSummary]| {
                ports.iter().any(|other| {
                    let protocol = other
                        .typ
                        .map_or_else(|| "tcp".to_owned(), |typ| typ.to_string());
                    other.public_port == Some(number) && protocol == port.protocol
                })
            };
            let holder = running
                .iter()
                .find(|other| publishes(other.ports.as_deref().unwrap_or_default()));
            let owner = match holder {
                // An earlier run's container of this very component is replaced at the start.
                Some(holder) => {
                    let identity = holder.labels.as_ref().and_then(Identity::read);
                    if identity.is_some_and(|identity| identity.is_successor(&wanted)) {
                        continue;
                    }
                    let name = holder.names.iter().flatten().next();
                    let name = name
                        .or(holder.id.as_ref())
                        .map_or("?", |name| name.as_str());
                    format!("the container `{}`", name.trim_start_matches('/'))
                }
                None if self.engine.host().is_local() && is_taken(&port, number) => {
                    port_owner::describe(number)
                }
                None => continue,
            };
            let cause = format!(
                "port {number} of this machine, which `ports` of `{}` pins, is taken by {owner}",
                instance.component.id
            );
            return Err(
                ExecutorError::new(NAME, "reserve the ports of", ExecutorErrorKind::Busy)
                    .of(instance.component.id.clone())
                    .caused_by(cause),
            );
        }
        Ok(())
    }

    pub(super) async fn find_port(
        &self,
        handle: &Handle,
        port: Option<&str>,
        reader: Reader,
    ) -> Result<Endpoint, ExecutorError> {
        let missing = || not_found(Call::Inspect).of(handle.component.clone());
        let found = self.find(handle, Call::Inspect).await?;
        let name = port.unwrap_or(flowctl_core::executor::BoundPort::MAIN);
        let labels = found
            .config
            .as_ref()
            .and_then(|config| config.labels.as_ref());
        let key = labels
            .and_then(|labels| labels.get(&format!("{}{name}", label::PORT)))
            .ok_or_else(missing)?;
        let address = match reader {
            Reader::RunNetwork => {
                let number = key.split('/').next().unwrap_or_default();
                format!("{}:{number}", handle.component)
            }
            Reader::SameProcess | Reader::Host => {
                if !self.engine.host().is_local() {
                    let reason = format!(
                        "the engine at {} publishes ports on its own machine",
                        self.engine.host()
                    );
                    let unfit = Unfit::new("ports", reason).at(Call::Inspect);
                    return Err(unfit.of(handle.component.clone()));
                }
                // Known once it runs, and only while it runs.
                let number = found
                    .network_settings
                    .and_then(|settings| settings.ports)
                    .and_then(|mut ports| ports.remove(key))
                    .flatten()
                    .and_then(|bindings| bindings.into_iter().find_map(|b| b.host_port))
                    .ok_or_else(missing)?;
                format!("{LOOPBACK}:{number}")
            }
            _ => return Err(missing()),
        };
        Ok(Endpoint::Network { address })
    }
}

/// Whether somebody listens on the port of this machine's loopback.
fn is_taken(port: &PublishedPort, number: u16) -> bool {
    port.protocol == "tcp"
        && TcpListener::bind((IpAddr::V4(LOOPBACK), number))
            .is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}
