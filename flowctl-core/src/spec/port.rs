use serde::{Deserialize, Serialize};

use super::is_default::is_default;

/// A port on which a component listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Port {
    /// A name for it, for example `grpc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The port in the component, 1 to 65535.
    #[serde(rename = "containerPort")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub container_port: u16,
    /// The port of this machine that leads to it; default: any that is free, on loopback.
    #[serde(rename = "hostPort", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub host_port: Option<u16>,
    /// The transport; default TCP.
    #[serde(default, skip_serializing_if = "is_default")]
    pub protocol: Protocol,
}

impl Port {
    /// A TCP port with a host port of the executor's choice.
    #[must_use]
    pub const fn new(container_port: u16) -> Self {
        Self {
            name: None,
            container_port,
            host_port: None,
            protocol: Protocol::Tcp,
        }
    }

    /// With this host port.
    #[must_use]
    pub const fn host_port(mut self, port: u16) -> Self {
        self.host_port = Some(port);
        self
    }
}

/// The transport of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}
