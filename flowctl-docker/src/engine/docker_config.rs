use std::{collections::BTreeMap, io, path::Path};

use serde::Deserialize;

/// What flowctl reads of the docker CLI's `config.json`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct DockerConfig {
    /// The context that is used when nothing else says which.
    #[serde(rename = "currentContext")]
    pub(crate) current_context: Option<String>,
    /// Credentials by registry, in the clear but for base64.
    pub(crate) auths: BTreeMap<String, StoredAuth>,
    /// The suffix of the helper program that holds the credentials of all registries.
    #[serde(rename = "credsStore")]
    pub(crate) creds_store: Option<String>,
    /// The same for single registries.
    #[serde(rename = "credHelpers")]
    pub(crate) cred_helpers: BTreeMap<String, String>,
}

/// The credentials of one registry in `config.json`.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct StoredAuth {
    /// base64 of `user:password`.
    pub(crate) auth: String,
    /// What some registries give for a password.
    pub(crate) identitytoken: String,
}

impl std::fmt::Debug for StoredAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredAuth(…)")
    }
}

impl DockerConfig {
    /// The configuration in `folder`; an absent file is an empty one.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        match std::fs::read(folder.join("config.json")) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_is_empty_and_a_broken_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            DockerConfig::read(folder.path()).unwrap(),
            DockerConfig::default()
        );
        std::fs::write(folder.path().join("config.json"), "{").unwrap();
        let error = DockerConfig::read(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn unknown_keys_are_no_problem_and_secrets_are_not_shown() {
        let config: DockerConfig = serde_json::from_str(
            r#"{"HttpHeaders": {}, "auths": {"r.example": {"auth": "dTpzZWNyZXQ="}}}"#,
        )
        .unwrap();
        assert_eq!(config.auths["r.example"].auth, "dTpzZWNyZXQ=");
        assert!(!format!("{config:?}").contains("dTpz"));
    }
}
