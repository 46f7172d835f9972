use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Where a context of the docker CLI leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContextEndpoint {
    /// As in `DOCKER_HOST`.
    pub(super) host: String,
    /// The folder of its certificates, if it has any.
    pub(super) certificates: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: DockerEndpoint,
}

#[derive(Deserialize)]
struct DockerEndpoint {
    #[serde(rename = "Host")]
    host: String,
}

/// Reads a context as the docker CLI stores it: its folder is named after the SHA-256 of its name
/// (`docker/cli`, `cli/context/store`).
pub(super) fn read(config_folder: &Path, name: &str) -> Result<ContextEndpoint, String> {
    let digest = Sha256::digest(name.as_bytes());
    let folder: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let contexts = config_folder.join("contexts");
    let file = contexts.join("meta").join(&folder).join("meta.json");
    let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let meta: Meta =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let certificates = contexts.join("tls").join(&folder).join("docker");
    Ok(ContextEndpoint {
        host: meta.endpoints.docker.host,
        certificates: certificates.is_dir().then_some(certificates),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_found_under_the_digest_of_its_name() {
        let config = tempfile::tempdir().unwrap();
        assert!(read(config.path(), "far").is_err());
        // sha256sum of `far`.
        let folder = "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868";
        let meta = config.path().join("contexts/meta").join(folder);
        std::fs::create_dir_all(&meta).unwrap();
        std::fs::write(
            meta.join("meta.json"),
            r#"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://h:2376","SkipTLSVerify":false}}}"#,
        )
        .unwrap();
        let plain = read(config.path(), "far").unwrap();
        assert_eq!(plain.host, "tcp://h:2376");
        assert_eq!(plain.certificates, None);
        let tls = config
            .path()
            .join("contexts/tls")
            .join(folder)
            .join("docker");
        std::fs::create_dir_all(&tls).unwrap();
        assert_eq!(read(config.path(), "far").unwrap().certificates, Some(tls));
    }
}
