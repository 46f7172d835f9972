use std::{fmt, time::Duration};

use bollard::{ClientVersion, Docker, errors::Error};
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind};
use tokio::sync::OnceCell;

use super::{EngineHost, Surroundings, connection};
use crate::error::{Call, NAME, failed};

/// An engine that has answered. Cheap to clone; all clones share what is known of it.
///
/// No connection is kept: each call opens its own, so an engine that was restarted is simply there
/// again.
#[derive(Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    host: EngineHost,
    surroundings: Surroundings,
    facts: EngineFacts,
    cpus: std::sync::Arc<OnceCell<u64>>,
}

/// What an engine says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineFacts {
    /// The engine's own version, for example `20.10.24`.
    pub version: String,
    /// The version of its API that is spoken with it: the newest that both know.
    pub api: String,
    /// The operating system of its containers, `linux` as a rule.
    pub os: String,
    /// The processor of its containers, for example `amd64`.
    pub architecture: String,
}

/// The oldest API that has all that is used here (Docker 20.10).
const OLDEST_API: ClientVersion = ClientVersion {
    major_version: 1,
    minor_version: 41,
};

impl Engine {
    /// How long [`connect`](Self::connect) waits for an answer. Later calls wait 60 s for the engine to
    /// begin its answer; where nobody listens they fail at once.
    pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);

    /// Finds the engine that `surroundings` mean and asks who it is.
    ///
    /// # Errors
    ///
    /// `Unavailable` where nobody answers within [`CONNECT_WITHIN`](Self::CONNECT_WITHIN),
    /// `PermissionDenied` where this user may not ask, `Failed` where it cannot be told where the
    /// engine is or it is too old, `Unsupported` for a way of connecting that was not compiled in.
    pub async fn connect(surroundings: Surroundings) -> Result<Self, ExecutorError> {
        let error = |kind| ExecutorError::new(NAME, Call::Connect.action(), kind);
        let host = EngineHost::resolve(&surroundings)
            .map_err(|cause| error(ExecutorErrorKind::Failed).caused_by(cause))?;
        let unreachable = |cause: Error| {
            // Which address it was says more than what the socket said.
            let at = Unreachable {
                host: host.clone(),
                cause: failed(Call::Connect, cause),
            };
            error(at.cause.kind().clone()).caused_by(at)
        };
        let docker = connection::open(&host).map_err(unreachable)?;
        let asked = tokio::time::timeout(Self::CONNECT_WITHIN, docker.version()).await;
        let version = asked
            .unwrap_or(Err(Error::RequestTimeoutError))
            .map_err(unreachable)?;
        let api = version.api_version.as_deref().and_then(parse_version);
        let Some(api) = api.filter(|api| *api >= OLDEST_API) else {
            let cause = TooOld {
                host,
                api: version.api_version.unwrap_or_default(),
            };
            return Err(error(ExecutorErrorKind::Failed).caused_by(cause));
        };
        let common = if api < *bollard::API_DEFAULT_VERSION {
            api
        } else {
            *bollard::API_DEFAULT_VERSION
        };
        Ok(Self {
            docker: connection::corrected(docker, common),
            facts: EngineFacts {
                version: version.version.unwrap_or_default(),
                api: format!("{}.{}", common.major_version, common.minor_version),
                os: version.os.unwrap_or_default(),
                architecture: version.arch.unwrap_or_default(),
            },
            host,
            surroundings,
            cpus: std::sync::Arc::default(),
        })
    }

    /// Where it is.
    #[must_use]
    pub const fn host(&self) -> &EngineHost {
        &self.host
    }

    /// What it says about itself.
    #[must_use]
    pub const fn facts(&self) -> &EngineFacts {
        &self.facts
    }

    /// What it was found by, and where credentials are looked for.
    pub(crate) const fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// How many processors its containers can have, in thousandths.
    pub(crate) async fn cpu_millis(&self) -> Result<u64, ExecutorError> {
        let ask = || async {
            let info = self.docker.info().await.map_err(|e| failed(Call::Ask, e))?;
            let cpus = info.ncpu.and_then(|cpus| u64::try_from(cpus).ok());
            Ok(cpus.unwrap_or(1).saturating_mul(1000))
        };
        self.cpus.get_or_try_init(ask).await.copied()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("host", &self.host)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no engine answers at {host}")]
struct Unreachable {
    host: EngineHost,
    #[source]
    cause: ExecutorError,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the engine at {host} speaks version `{api}` of the API, needed is 1.41 (Docker 20.10) or newer"
)]
struct TooOld {
    host: EngineHost,
    api: String,
}

fn parse_version(text: &str) -> Option<ClientVersion> {
    let (major, minor) = text.split_once('.')?;
    Some(ClientVersion {
        major_version: major.parse().ok()?,
        minor_version: minor.parse().ok()?,
    })
}
