use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{
    DockerConfig, Surroundings,
    context_store::{self, ContextEndpoint},
};

/// An engine's address and why it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineHost {
    /// Where it is.
    pub address: EngineAddress,
    /// What said so, for people: `DOCKER_HOST`, `the docker context far`, `the default`.
    pub origin: String,
}

/// How an engine is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineAddress {
    /// A socket of this machine.
    Unix(PathBuf),
    /// `host:port`, unprotected.
    Tcp(String),
    /// `host:port` with TLS; the folder holds `ca.pem`, `cert.pem` and `key.pem`.
    Tls {
        /// `host:port`.
        host: String,
        /// The folder of the certificates.
        certificates: PathBuf,
    },
    /// `[user@]host[:port]`, by the machine's own ssh program.
    Ssh(String),
}

/// Why it cannot be told where the engine is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The address has a form that flowctl does not speak.
    #[error("`{host}` ({origin}) is no address of an engine: use unix://, tcp:// or ssh://")]
    Address {
        /// What was found.
        host: String,
        /// Where it was found.
        origin: String,
    },
    /// The docker CLI's configuration names a context that it does not have.
    #[error("the docker context `{name}` cannot be read: {reason}")]
    Context {
        /// The context's name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The docker CLI's configuration cannot be read.
    #[error("the configuration of docker cannot be read: {reason}")]
    Config {
        /// Why not.
        reason: String,
    },
}

/// The name of the context that stands for no context.
const DEFAULT_CONTEXT: &str = "default";
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

impl EngineHost {
    /// Where the engine is: the first of these that says something, in the order of the docker CLI:
    ///
    /// 1. `DOCKER_HOST`, with TLS where `DOCKER_TLS_VERIFY` is set;
    /// 2. the context that `DOCKER_CONTEXT` names;
    /// 3. the current context of `config.json` in `DOCKER_CONFIG`, else in `~/.docker`;
    /// 4. the first socket that is there: `/var/run/docker.sock`, then, which the docker CLI does not
    ///    do, the sockets of an engine without root (`$XDG_RUNTIME_DIR/docker.sock`), of Docker Desktop
    ///    (`~/.docker/run/docker.sock`) and of podman (`$XDG_RUNTIME_DIR/podman/podman.sock`,
    ///    `/run/podman/podman.sock`);
    /// 5. `/var/run/docker.sock`, which is not there.
    ///
    /// Connects to nothing.
    ///
    /// # Errors
    ///
    /// [`HostError`] where what decides cannot be read or understood; nothing later is tried then.
    pub fn resolve(surroundings: &Surroundings) -> Result<Self, HostError> {
        let folder = surroundings.config_folder();
        let config = match &folder {
            // What is said by the environment needs no file.
            Some(folder)
                if surroundings.docker_host.is_none() && surroundings.docker_context.is_none() =>
            {
                DockerConfig::read(folder).map_err(|error| HostError::Config {
                    reason: format!("{}: {error}", folder.join("config.json").display()),
                })?
            }
            _ => DockerConfig::default(),
        };
        let context = |name: &str| match &folder {
            Some(folder) => context_store::read(folder, name),
            None => Err("neither HOME nor DOCKER_CONFIG is set".to_owned()),
        };
        let is_there = |path: &Path| path.exists();
        decide(surroundings, config.current_context, context, is_there)
    }

    /// Whether the engine is reached through a socket of this machine. It may still run in a virtual
    /// machine.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self.address, EngineAddress::Unix(_))
    }
}

/// The decision itself, pure.
fn decide(
    surroundings: &Surroundings,
    current_context: Option<String>,
    context: impl Fn(&str) -> Result<ContextEndpoint, String>,
    is_there: impl Fn(&Path) -> bool,
) -> Result<EngineHost, HostError> {
    if let Some(host) = &surroundings.docker_host {
        let certificates = surroundings.docker_tls_verify.then(|| {
            let configured = surroundings.docker_cert_path.clone();
            configured.or_else(|| surroundings.config_folder())
        });
        return parse(host, certificates.flatten(), "DOCKER_HOST");
    }
    let named = surroundings.docker_context.clone().or(current_context);
    if let Some(name) = named.filter(|name| name != DEFAULT_CONTEXT) {
        let endpoint = context(&name).map_err(|reason| HostError::Context {
            name: name.clone(),
            reason,
        })?;
        let origin = format!("the docker context {name}");
        return parse(&endpoint.host, endpoint.certificates, &origin);
    }
    let under = |folder: &Option<PathBuf>, rest: &str| folder.as_ref().map(|f| f.join(rest));
    let sockets = [
        Some(PathBuf::from(DEFAULT_SOCKET)),
        under(&surroundings.runtime_dir, "docker.sock"),
        under(&surroundings.home, ".docker/run/docker.sock"),
        under(&surroundings.runtime_dir, "podman/podman.sock"),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ];
    let found = sockets.into_iter().flatten().find(|path| is_there(path));
    Ok(EngineHost {
        address: EngineAddress::Unix(found.unwrap_or_else(|| DEFAULT_SOCKET.into())),
        origin: "the default".to_owned(),
    })
}

/// Reads an address as the docker CLI does (`opts.ParseHost`): without a scheme it is TCP, the port is
/// 2375, or 2376 with TLS.
fn parse(host: &str, certificates: Option<PathBuf>, origin: &str) -> Result<EngineHost, HostError> {
    let (scheme, rest) = host.split_once("://").unwrap_or(("tcp", host));
    let rest = rest.trim_end_matches('/');
    let address = match scheme {
        "unix" if rest.is_empty() => Some(EngineAddress::Unix(DEFAULT_SOCKET.into())),
        "unix" if rest.starts_with('/') => Some(EngineAddress::Unix(rest.into())),
        "ssh" if !rest.is_empty() => Some(EngineAddress::Ssh(rest.to_owned())),
        "tcp" | "http" | "https" if !rest.is_empty() && !rest.contains('/') => {
            match certificates {
                Some(certificates) => Some(EngineAddress::Tls {
                    host: with_port(rest, 2376),
                    certificates,
                }),
                // TLS without certificates of one's own is not something engines are set up for.
                None if scheme == "https" => None,
                None => Some(EngineAddress::Tcp(with_port(rest, 2375))),
            }
        }
        _ => None,
    };
    let origin = origin.to_owned();
    match address {
        Some(address) => Ok(EngineHost { address, origin }),
        None => Err(HostError::Address {
            host: host.to_owned(),
            origin,
        }),
    }
}

fn with_port(host: &str, default: u16) -> String {
    let after_brackets = host.rsplit(']').next().unwrap_or(host);
    if after_brackets.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:{default}")
    }
}

impl fmt::Display for EngineHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.origin)
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(host) | Self::Tls { host, .. } => write!(f, "tcp://{host}"),
            Self::Ssh(host) => write!(f, "ssh://{host}"),
        }
    }
}

#[cfg(test)]
mod tests;
