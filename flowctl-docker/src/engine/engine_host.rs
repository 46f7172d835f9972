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

    /// Whether the engine is reached on this machine, by a socket or on loopback. It may still run in a
    /// virtual machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.address {
            EngineAddress::Unix(_) => true,
            EngineAddress::Tcp(host) | EngineAddress::Tls { host, .. } => {
                let name = host
                    .rsplit_once(':')
                    .map_or(host.as_str(), |(name, _)| name);
                let address = name.trim_matches(['[', ']']).parse();
                name == "localhost" || address.is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
            EngineAddress::Ssh(_) => false,
        }
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
mod tests {
    use super::*;

    /// Everything that decides, as one line of a table.
    #[derive(Default)]
    struct Case {
        host: &'static str,
        context: &'static str,
        current: &'static str,
        tls: bool,
        sockets: &'static [&'static str],
        expected: &'static str,
    }

    fn contexts(name: &str) -> Result<ContextEndpoint, String> {
        match name {
            "far" => Ok(ContextEndpoint {
                host: "ssh://me@far".to_owned(),
                certificates: None,
            }),
            "safe" => Ok(ContextEndpoint {
                host: "tcp://safe".to_owned(),
                certificates: Some("/c/contexts/tls/x/docker".into()),
            }),
            _ => Err("there is none".to_owned()),
        }
    }

    fn answer(case: &Case) -> String {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let surroundings = Surroundings {
            docker_host: text(case.host),
            docker_context: text(case.context),
            docker_tls_verify: case.tls,
            home: Some("/home/me".into()),
            runtime_dir: Some("/run/user/7".into()),
            ..Surroundings::default()
        };
        let is_there = |path: &Path| case.sockets.iter().any(|socket| path == Path::new(socket));
        match decide(&surroundings, text(case.current), contexts, is_there) {
            Ok(host) => match &host.address {
                EngineAddress::Tls { certificates, .. } => {
                    format!("{host} with {}", certificates.display())
                }
                _ => host.to_string(),
            },
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_engine_is_where_the_docker_cli_would_look() {
        let socket = "/var/run/docker.sock";
        let rootless = "/run/user/7/docker.sock";
        let desktop = "/home/me/.docker/run/docker.sock";
        let podman = "/run/user/7/podman/podman.sock";
        let system_podman = "/run/podman/podman.sock";
        let none = Case::default;
        #[rustfmt::skip]
        let cases = [
            Case { host: "unix:///x.sock", context: "far", current: "safe", expected: "unix:///x.sock (DOCKER_HOST)", ..none() },
            Case { host: "unix://", expected: "unix:///var/run/docker.sock (DOCKER_HOST)", ..none() },
            Case { host: "tcp://h", expected: "tcp://h:2375 (DOCKER_HOST)", ..none() },
            Case { host: "tcp://h:1/", expected: "tcp://h:1 (DOCKER_HOST)", ..none() },
            Case { host: "h:1", expected: "tcp://h:1 (DOCKER_HOST)", ..none() },
            Case { host: "tcp://[::1]", expected: "tcp://[::1]:2375 (DOCKER_HOST)", ..none() },
            Case { host: "tcp://h", tls: true, expected: "tcp://h:2376 (DOCKER_HOST) with /home/me/.docker", ..none() },
            Case { host: "ssh://me@h:22", expected: "ssh://me@h:22 (DOCKER_HOST)", ..none() },
            Case { host: "https://h", expected: "`https://h` (DOCKER_HOST) is no address of an engine: use unix://, tcp:// or ssh://", ..none() },
            Case { host: "npipe:////./pipe/x", expected: "`npipe:////./pipe/x` (DOCKER_HOST) is no address of an engine: use unix://, tcp:// or ssh://", ..none() },
            Case { host: "unix://relative", expected: "`unix://relative` (DOCKER_HOST) is no address of an engine: use unix://, tcp:// or ssh://", ..none() },
            Case { context: "far", current: "safe", expected: "ssh://me@far (the docker context far)", ..none() },
            Case { current: "safe", expected: "tcp://safe:2376 (the docker context safe) with /c/contexts/tls/x/docker", ..none() },
            Case { context: "default", current: "far", sockets: &["/var/run/docker.sock"], expected: "unix:///var/run/docker.sock (the default)", ..none() },
            Case { context: "gone", expected: "the docker context `gone` cannot be read: there is none", ..none() },
            Case { current: "gone", expected: "the docker context `gone` cannot be read: there is none", ..none() },
            Case { expected: "unix:///var/run/docker.sock (the default)", ..none() },
        ];
        for case in &cases {
            assert_eq!(answer(case), case.expected);
        }
        let all = [socket, rootless, desktop, podman, system_podman];
        for at in 0..all.len() {
            let sockets: &'static [&'static str] = Box::leak(all[at..].to_vec().into_boxed_slice());
            let case = Case { sockets, ..none() };
            assert_eq!(answer(&case), format!("unix://{} (the default)", all[at]));
        }
    }

    #[test]
    fn a_broken_configuration_is_told_unless_the_environment_decides() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), "{").unwrap();
        let mut surroundings = Surroundings {
            docker_config: Some(folder.path().to_owned()),
            ..Surroundings::default()
        };
        assert!(matches!(
            EngineHost::resolve(&surroundings),
            Err(HostError::Config { .. })
        ));
        surroundings.docker_host = Some("tcp://h:1".to_owned());
        let host = EngineHost::resolve(&surroundings).unwrap();
        assert_eq!(host.address, EngineAddress::Tcp("h:1".to_owned()));
        assert!(!host.is_local());
        for (address, expected) in [
            ("tcp://127.0.0.1:1", true),
            ("tcp://localhost", true),
            ("tcp://[::1]:1", true),
            ("tcp://203.0.113.1:1", false),
            ("ssh://localhost", false),
            ("unix:///s", true),
        ] {
            let host = EngineHost::resolve(&Surroundings::default().with_host(address));
            assert_eq!(host.unwrap().is_local(), expected, "{address}");
        }
    }
}
