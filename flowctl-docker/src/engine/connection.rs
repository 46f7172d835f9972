use std::time::Duration;

use bollard::{BollardRequest, ClientVersion, Docker, errors::Error};

use super::{EngineAddress, EngineHost};

/// How long the engine may take until it begins to answer a call. bollard counts in whole seconds.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A client for `host`. Whether anybody answers there is not known yet.
pub(super) fn open(host: &EngineHost) -> Result<Docker, Error> {
    let seconds = ANSWER_WITHIN.as_secs();
    let newest = bollard::API_DEFAULT_VERSION;
    match &host.address {
        EngineAddress::Unix(path) => {
            Docker::connect_with_unix(&path.to_string_lossy(), seconds, newest)
        }
        EngineAddress::Tcp(host) => Docker::connect_with_http(host, seconds, newest),
        #[cfg(feature = "tls")]
        EngineAddress::Tls { host, certificates } => Docker::connect_with_ssl(
            host,
            &certificates.join("key.pem"),
            &certificates.join("cert.pem"),
            &certificates.join("ca.pem"),
            seconds,
            newest,
        ),
        #[cfg(feature = "ssh")]
        EngineAddress::Ssh(host) => {
            Docker::connect_with_ssh(&format!("ssh://{host}"), seconds, newest, None)
        }
        #[cfg(not(all(feature = "tls", feature = "ssh")))]
        other => Err(Error::UnsupportedURISchemeError {
            uri: other.to_string(),
        }),
    }
}

/// The same client, made to say what bollard 0.21 leaves out or says wrongly:
///
/// * The version of the API is put into every path. bollard joins absolute paths and so loses it; an
///   engine that is newer than bollard would answer in a form of its own.
/// * The credentials of a registry are sent in the URL-safe alphabet of base64, as the API wants them.
///   The engine silently takes others for none.
pub(super) fn corrected(docker: Docker, version: ClientVersion) -> Docker {
    let prefix = format!("/v{}.{}", version.major_version, version.minor_version);
    docker.with_request_modifier(move |request| correct(request, &prefix))
}

fn correct(mut request: BollardRequest, prefix: &str) -> BollardRequest {
    if let Ok(uri) = with_version(&request.uri().to_string(), prefix).parse() {
        *request.uri_mut() = uri;
    }
    for name in ["X-Registry-Auth", "X-Registry-Config"] {
        if let Some(value) = request.headers_mut().get_mut(name)
            && let Ok(text) = value.to_str()
            && let Ok(safe) = text.replace('+', "-").replace('/', "_").parse()
        {
            *value = safe;
        }
    }
    request
}

/// The URI with the version before its path.
fn with_version(uri: &str, prefix: &str) -> String {
    let path = uri
        .find("://")
        .and_then(|scheme| uri[scheme + 3..].find('/').map(|path| scheme + 3 + path));
    match path {
        Some(path) if !uri[path..].starts_with("/v1.") => {
            format!("{}{prefix}{}", &uri[..path], &uri[path..])
        }
        _ => uri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_names_the_version_once() {
        for (uri, expected) in [
            ("unix://2f78/info", "unix://2f78/v1.41/info"),
            (
                "http://h:2375/containers/json?all=true&x=/",
                "http://h:2375/v1.41/containers/json?all=true&x=/",
            ),
            ("unix://2f78/v1.41/info", "unix://2f78/v1.41/info"),
        ] {
            assert_eq!(with_version(uri, "/v1.41"), expected);
        }
    }

    #[cfg(not(feature = "ssh"))]
    #[test]
    fn what_was_not_compiled_in_is_refused_by_name() {
        let host = EngineHost {
            address: EngineAddress::Ssh("me@far".to_owned()),
            origin: "DOCKER_HOST".to_owned(),
        };
        let error = open(&host).unwrap_err();
        assert!(error.to_string().contains("ssh://me@far"), "{error}");
    }
}
