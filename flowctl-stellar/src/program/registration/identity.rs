use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use flowctl_grpc::{
    Address,
    proto::{legacy, v1},
};
use tokio::net::UdpSocket;

use crate::program::{
    facts::{Facts, Role, Traffic},
    run::VERSION,
};

/// How many events upstream's programs say they take at once.
const MAX_INFLIGHT: i32 = 100;

/// What a program says of itself.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) facts: Facts,
    pub(super) component: String,
    pub(super) metadata: BTreeMap<String, String>,
    /// Where its gRPC server is reached; empty: it has none.
    pub(super) endpoint: String,
    /// Where its health page is.
    pub(super) health_endpoint: String,
}

impl Identity {
    /// For `flowctl.v1`.
    pub(super) fn v1(&self) -> v1::RegisterRequest {
        let names = |traffic: &[Traffic]| traffic.iter().map(|each| each.v1.to_owned()).collect();
        let component_type = match self.facts.role {
            Role::Source => v1::ComponentType::Source,
            Role::Processor => v1::ComponentType::Processor,
            Role::Consumer => v1::ComponentType::Consumer,
            Role::Service => v1::ComponentType::Unspecified,
        };
        let mut metadata = self.metadata.clone();
        metadata.insert("endpoint".to_owned(), self.endpoint.clone());
        metadata.insert("health_endpoint".to_owned(), self.health_endpoint.clone());
        v1::RegisterRequest {
            component: Some(v1::ComponentInfo {
                id: self.component.clone(),
                name: self.facts.name.to_owned(),
                description: self.facts.summary.to_owned(),
                version: VERSION.to_owned(),
                r#type: component_type.into(),
                input_event_types: names(self.facts.inputs),
                output_event_types: names(self.facts.outputs),
                endpoint: self.endpoint.clone(),
                metadata,
            }),
            component_id: self.component.clone(),
        }
    }

    /// For the service before it.
    pub(super) fn legacy(&self) -> legacy::ServiceInfo {
        let names =
            |traffic: &[Traffic]| traffic.iter().map(|each| each.legacy.to_owned()).collect();
        let service_type = match self.facts.role {
            Role::Source => legacy::ServiceType::Source,
            Role::Processor => legacy::ServiceType::Processor,
            Role::Consumer => legacy::ServiceType::Sink,
            Role::Service => legacy::ServiceType::Unspecified,
        };
        let mut metadata = self.metadata.clone();
        metadata.insert("component_id".to_owned(), self.component.clone());
        legacy::ServiceInfo {
            service_id: self.component.clone(),
            service_type: service_type.into(),
            input_event_types: names(self.facts.inputs),
            output_event_types: names(self.facts.outputs),
            health_endpoint: self.health_endpoint.clone(),
            max_inflight: MAX_INFLIGHT,
            metadata,
            component_id: self.component.clone(),
        }
    }
}

/// The address at which whoever is at `peer` reaches what listens at `listening`.
///
/// A server on all interfaces is reached at the one from which this machine reaches the peer; the
/// system knows it without a packet being sent.
pub(super) async fn reached_at(listening: SocketAddr, peer: &Address) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    let ip = match towards(peer).await {
        Ok(ip) => ip,
        Err(error) => {
            tracing::debug!(%error, "no way to the control plane is known yet");
            IpAddr::from([127, 0, 0, 1])
        }
    };
    SocketAddr::new(ip, listening.port())
}

async fn towards(peer: &Address) -> std::io::Result<IpAddr> {
    let mut found = tokio::net::lookup_host(peer.to_string()).await?;
    let peer = found
        .next()
        .ok_or_else(|| std::io::Error::other("the name has no address"))?;
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => [0; 4].into(),
        SocketAddr::V6(_) => [0; 16].into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(peer).await?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::variables::Value as _;

    #[tokio::test]
    async fn who_listens_everywhere_is_reached_where_the_peer_is() {
        let peer = Address::read("127.0.0.1:9").unwrap();
        let everywhere = "0.0.0.0:50052".parse().unwrap();
        assert_eq!(
            reached_at(everywhere, &peer).await.to_string(),
            "127.0.0.1:50052"
        );
        let one = "127.0.0.2:5".parse().unwrap();
        assert_eq!(reached_at(one, &peer).await, one);
    }
}
