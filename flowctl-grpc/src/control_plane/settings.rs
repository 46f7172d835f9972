use std::net::{IpAddr, Ipv4Addr};

use flowctl_core::control::RosterLimits;

use crate::{ServerSettings, Token};

/// How a control plane serves. The defaults: on loopback, on port 8080 or the next free one, in plain text,
/// with no token, so that `flowctl.admin.v1` is not served on it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ControlPlaneSettings {
    /// Where it listens from the start; default: 127.0.0.1.
    pub host: IpAddr,
    /// On which port; 0 is any that is free. `None`, the default: 8080, which components look for by
    /// default, or the first free one of the hundred after it.
    pub port: Option<u16>,
    /// The run's token. Whoever shows it may call anything.
    pub token: Option<Token>,
    /// TLS, keep-alive and the grace at the end. With TLS that asks callers for certificates, whoever has
    /// one may call anything.
    pub server: ServerSettings,
    /// How many services it keeps.
    pub limits: RosterLimits,
}

impl ControlPlaneSettings {
    /// The port that components look for by default.
    pub const PORT: u16 = 8080;

    /// How many ports are tried where none is set.
    pub(super) const TRIED: u16 = 100;
}

impl Default for ControlPlaneSettings {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: None,
            token: None,
            server: ServerSettings::default(),
            limits: RosterLimits::default(),
        }
    }
}
