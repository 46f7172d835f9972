use std::{ffi::OsString, path::PathBuf};

/// What of the process's environment decides where the engine is and which credentials are used.
///
/// A value, so that an embedder can say it and tests need no environment. [`Surroundings::of_process`]
/// reads it once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub docker_context: Option<String>,
    /// `DOCKER_CONFIG`: the folder of `config.json`; default `~/.docker`.
    pub docker_config: Option<PathBuf>,
    /// Whether `DOCKER_TLS_VERIFY` is set.
    pub docker_tls_verify: bool,
    /// `DOCKER_CERT_PATH`: the folder of `ca.pem`, `cert.pem` and `key.pem`.
    pub docker_cert_path: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// `PATH`, in which credential helpers are looked for.
    pub path: Option<OsString>,
}

impl Surroundings {
    /// What this process was started with. An empty variable counts as none, as for the docker CLI.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let path = |name| text(name).map(PathBuf::from);
        Self {
            docker_host: text("DOCKER_HOST"),
            docker_context: text("DOCKER_CONTEXT"),
            docker_config: path("DOCKER_CONFIG"),
            docker_tls_verify: text("DOCKER_TLS_VERIFY").is_some(),
            docker_cert_path: path("DOCKER_CERT_PATH"),
            home: path("HOME"),
            runtime_dir: path("XDG_RUNTIME_DIR"),
            path: std::env::var_os("PATH"),
        }
    }

    /// The same, with this `DOCKER_HOST`.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.docker_host = Some(host.into());
        self
    }

    /// The folder of the docker CLI's configuration, if one can be told.
    #[must_use]
    pub fn config_folder(&self) -> Option<PathBuf> {
        self.docker_config
            .clone()
            .or_else(|| self.home.as_ref().map(|home| home.join(".docker")))
    }
}
