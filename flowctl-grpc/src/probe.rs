use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use flowctl_core::{Chain, Prober, spec::Check};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tonic::{
    Code,
    codegen::http::{Request, Uri},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::dial::Dial;

/// Asks components over TCP, HTTP and gRPC.
///
/// HTTP: `GET`, a status of 200 to 399 passes, redirects are not followed. Health pages of upstream's
/// components always answer 200 and say how it is in the body, so a JSON object whose `status` is
/// `unhealthy` or `starting` is a failure.
///
/// TCP: a connection that is taken passes, and is closed again.
///
/// gRPC: `grpc.health.v1`. `SERVING` passes, and so does a server without that service (`UNIMPLEMENTED`):
/// it serves.
pub struct NetworkProber {
    http: Client<HttpConnector, Empty<Bytes>>,
    dial: Dial,
}

/// A health page is a line or two; more than this is something else.
const LARGEST_PAGE: usize = 64 << 10;

/// What people are shown of a page.
const SHOWN: usize = 120;

impl NetworkProber {
    /// A prober that speaks plain text.
    #[must_use]
    pub fn new() -> Self {
        Self::with_dial(Dial::default())
    }

    /// A prober that dials gRPC servers with these settings; HTTP is asked in plain text.
    #[must_use]
    pub fn with_dial(dial: Dial) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(dial.connect_timeout));
        connector.set_nodelay(true);
        // A kept connection would answer for a server that takes no new one.
        let http = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .pool_idle_timeout(Duration::ZERO)
            .build(connector);
        Self {
            http,
            dial: dial.gentle(),
        }
    }

    async fn http(&self, address: &str, path: &str) -> Result<(), String> {
        let failed = |what: String| format!("GET {path}: {what}");
        let slash = if path.starts_with('/') { "" } else { "/" };
        let uri: Uri = format!("http://{address}{slash}{path}")
            .parse()
            .map_err(|error| failed(format!("not a URL: {error}")))?;
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|error| failed(Chain(&error).to_string()))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST_PAGE).collect();
        // A page that does not end or is too long says no more than its status.
        let body = body.await.map(|body| body.to_bytes()).unwrap_or_default();
        if !(200..400).contains(&status.as_u16()) {
            return Err(failed(format!("{} {}", status.as_u16(), shown(&body))));
        }
        match said(&body).as_deref() {
            Some(said @ ("unhealthy" | "starting")) => Err(failed(format!("it says `{said}`"))),
            _ => Ok(()),
        }
    }

    async fn grpc(&self, address: &str, service: &str) -> Result<(), String> {
        let connection = self.dial.connect(address).await;
        let connection = connection.map_err(|error| Chain(&error).to_string())?;
        let question = HealthCheckRequest {
            service: service.to_owned(),
        };
        match HealthClient::new(connection).check(question).await {
            Ok(answer) => match answer.into_inner().status() {
                ServingStatus::Serving => Ok(()),
                other => Err(format!("grpc.health.v1: {}", other.as_str_name())),
            },
            Err(status) if status.code() == Code::Unimplemented => Ok(()),
            Err(status) => Err(format!(
                "grpc.health.v1: {:?} {}",
                status.code(),
                status.message()
            )),
        }
    }
}

impl Default for NetworkProber {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Prober for NetworkProber {
    fn can(&self, check: &Check) -> bool {
        matches!(
            check,
            Check::Http { .. } | Check::Grpc { .. } | Check::Tcp { .. }
        )
    }

    async fn ask(&self, check: &Check, address: &str) -> Result<(), String> {
        match check {
            Check::Http { path, .. } => self.http(address, path).await,
            Check::Grpc { service, .. } => self.grpc(address, service).await,
            Check::Tcp { .. } => match tokio::net::TcpStream::connect(address).await {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("connect to {address}: {error}")),
            },
            _ => Err("this is not asked over a network".to_owned()),
        }
    }
}

impl fmt::Debug for NetworkProber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkProber")
    }
}

/// What a JSON page calls its `status`, in lowercase.
fn said(body: &[u8]) -> Option<String> {
    let page: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(page.get("status")?.as_str()?.to_ascii_lowercase())
}

/// The beginning of a page on one line.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN).collect()
}
