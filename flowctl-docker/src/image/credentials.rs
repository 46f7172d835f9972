use std::{ffi::OsStr, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bollard::auth::DockerCredentials;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use super::ImageReference;
use crate::engine::{DockerConfig, StoredAuth, Surroundings};

/// How long a credential helper may take; one may ask its user for a password.
const HELPER_WITHIN: Duration = Duration::from_secs(60);
/// What a helper calls its user when the secret is a token (docker/docker-credential-helpers).
const TOKEN_USER: &str = "<token>";

/// Why the credentials of a registry cannot be had. Not that there are none: many need none.
#[derive(Debug, thiserror::Error)]
pub(super) enum CredentialsError {
    #[error("the configuration of docker cannot be read")]
    Config(#[source] std::io::Error),
    #[error("the credentials of `{registry}` in the configuration of docker are broken")]
    Broken { registry: String },
    #[error("the credential helper `{helper}` failed: {reason}")]
    Helper { helper: String, reason: String },
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// The credentials that the docker CLI would use: of the registry's own helper, else of the helper for
/// all, else those in the file.
pub(super) async fn find(
    surroundings: &Surroundings,
    reference: &ImageReference,
) -> Result<Option<DockerCredentials>, CredentialsError> {
    let Some(folder) = surroundings.config_folder() else {
        return Ok(None);
    };
    let config = DockerConfig::read(&folder).map_err(CredentialsError::Config)?;
    let key = reference.credentials_key();
    let helper = config
        .cred_helpers
        .get(reference.registry())
        .or_else(|| config.cred_helpers.get(key))
        .or(config.creds_store.as_ref());
    let found = match helper {
        Some(helper) => ask(helper, surroundings.path.as_deref(), key).await?,
        None => stored(&config, reference)?,
    };
    Ok(found.map(|credentials| DockerCredentials {
        serveraddress: Some(key.to_owned()),
        ..credentials
    }))
}

fn stored(
    config: &DockerConfig,
    reference: &ImageReference,
) -> Result<Option<DockerCredentials>, CredentialsError> {
    let registry = reference.registry();
    let keys = [
        reference.credentials_key().to_owned(),
        registry.to_owned(),
        format!("https://{registry}"),
        format!("http://{registry}"),
    ];
    let Some(auth) = keys.iter().find_map(|key| config.auths.get(key)) else {
        return Ok(None);
    };
    let StoredAuth {
        auth,
        identitytoken,
    } = auth;
    if !identitytoken.is_empty() {
        return Ok(Some(token(identitytoken.clone())));
    }
    if auth.is_empty() {
        return Ok(None);
    }
    let broken = || CredentialsError::Broken {
        registry: registry.to_owned(),
    };
    let text = STANDARD.decode(auth).map_err(|_| broken())?;
    let text = String::from_utf8(text).map_err(|_| broken())?;
    let (user, password) = text.split_once(':').ok_or_else(broken)?;
    Ok(Some(login(user, password)))
}

/// Asks a helper program: the registry on its input, JSON on its output.
async fn ask(
    helper: &str,
    path: Option<&OsStr>,
    key: &str,
) -> Result<Option<DockerCredentials>, CredentialsError> {
    let failed = |reason: String| CredentialsError::Helper {
        helper: helper.to_owned(),
        reason,
    };
    let asked = async {
        let mut command = tokio::process::Command::new(format!("docker-credential-{helper}"));
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let mut child = command
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            match input.write_all(key.as_bytes()).await {
                // A helper may answer, or fail, without reading what it was asked.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                written => written?,
            }
        }
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(HELPER_WITHIN, asked)
        .await
        .map_err(|_| failed("it does not answer".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        // Helpers say so on their standard output, which holds no secret then.
        let said = String::from_utf8_lossy(&output.stdout);
        if said.contains("credentials not found") {
            return Ok(None);
        }
        return Err(failed(said.trim().to_owned()));
    }
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed("its answer cannot be read".to_owned()))?;
    Ok(Some(if answer.username == TOKEN_USER {
        token(answer.secret)
    } else {
        login(&answer.username, &answer.secret)
    }))
}

fn login(user: &str, password: &str) -> DockerCredentials {
    DockerCredentials {
        username: Some(user.to_owned()),
        password: Some(password.to_owned()),
        ..DockerCredentials::default()
    }
}

fn token(token: String) -> DockerCredentials {
    DockerCredentials {
        identitytoken: Some(token),
        ..DockerCredentials::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(config: &str, image: &str) -> Result<Option<DockerCredentials>, CredentialsError> {
        let config: DockerConfig = serde_json::from_str(config).unwrap();
        stored(&config, &image.parse().unwrap())
    }

    #[test]
    fn stored_credentials_are_found_by_registry() {
        // `user:pa:ss`
        let hub = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "dXNlcjpwYTpzcw=="}}}"#;
        let credentials = found(hub, "alpine").unwrap().unwrap();
        assert_eq!(credentials.username.as_deref(), Some("user"));
        assert_eq!(credentials.password.as_deref(), Some("pa:ss"));
        assert_eq!(found(hub, "localhost:5000/a").unwrap(), None);
        let token = r#"{"auths": {"localhost:5000": {"auth": "", "identitytoken": "t"}}}"#;
        let credentials = found(token, "localhost:5000/a").unwrap().unwrap();
        assert_eq!(credentials.identitytoken.as_deref(), Some("t"));
        let broken = r#"{"auths": {"localhost:5000": {"auth": "*"}}}"#;
        assert!(found(broken, "localhost:5000/a").is_err());
    }
}
