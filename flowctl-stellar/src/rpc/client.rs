use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use flowctl_core::BoxError;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode, Uri,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{
    RpcError, RpcUrl, frame,
    messages::{Health, LatestLedger, LedgerPage, Ledgers, NetworkInfo},
};
use crate::{Network, backoff::Backoff};

/// How a server is called. All defaults are stated.
#[derive(Clone)]
pub(crate) struct RpcSettings {
    pub(crate) url: RpcUrl,
    /// The `Authorization` header; default none.
    pub(crate) authorization: Option<HeaderValue>,
    /// How long nothing may come, from the connection to the last byte; default 30 s.
    pub(crate) patience: Duration,
    /// The largest answer that is read; default 64 MiB.
    pub(crate) max_answer_bytes: usize,
    /// How often a call is made at most while errors may pass; default 5.
    pub(crate) attempts: u32,
    /// The pauses between; default from 500 ms up to 30 s.
    pub(crate) backoff: Backoff,
}

/// Calls a Stellar RPC server. Cheap to clone; keeps connections.
#[derive(Clone, Debug)]
pub(crate) struct RpcClient {
    settings: RpcSettings,
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What servers see who calls.
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flowctl-stellar/", env!("CARGO_PKG_VERSION")));

impl RpcSettings {
    /// The defaults, for this server.
    pub(crate) const fn new(url: RpcUrl) -> Self {
        Self {
            url,
            authorization: None,
            patience: Duration::from_secs(30),
            max_answer_bytes: 64 * 1024 * 1024,
            attempts: 5,
            backoff: Backoff::new(Duration::from_millis(500), Duration::from_secs(30)),
        }
    }
}

impl RpcClient {
    /// A client that connects when it is first used.
    ///
    /// # Errors
    ///
    /// When there is no TLS, which is a fault of the build.
    pub(crate) fn new(settings: RpcSettings) -> Result<Self, BoxError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(settings.patience));
        connector.set_nodelay(true);
        connector.set_keepalive(Some(Duration::from_secs(30)));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        Ok(Self { settings, http })
    }

    /// The network that the server is of.
    pub(crate) async fn network(&self) -> Result<Network, RpcError> {
        let info: NetworkInfo = self.call("getNetwork").await?;
        Ok(Network::new(info.passphrase))
    }

    /// The newest ledger.
    pub(crate) async fn latest_ledger(&self) -> Result<u32, RpcError> {
        let latest: LatestLedger = self.call("getLatestLedger").await?;
        Ok(latest.sequence)
    }

    /// What the server holds.
    pub(crate) async fn health(&self) -> Result<Health, RpcError> {
        self.call("getHealth").await
    }

    /// At most `limit` ledgers from `start` on. `continues`: the page before ended right before it, so
    /// that its cursor names the place.
    pub(crate) async fn ledgers(
        &self,
        start: u32,
        continues: bool,
        limit: u32,
    ) -> Result<LedgerPage, RpcError> {
        // The cursor is the last sequence of the page before, in decimal.
        let params = match continues {
            true => json!({ "pagination": { "cursor": (start - 1).to_string(), "limit": limit } }),
            false => json!({ "startLedger": start, "pagination": { "limit": limit } }),
        };
        let method = "getLedgers";
        let request = request(method, Some(params));
        self.persist(|| async {
            let answer = self.ask(request.clone()).await?;
            let url = self.settings.url.clone();
            let read = move || read_answer::<Ledgers<'_>>(&url, method, &answer)?.decode();
            spawn_blocking(read).await.unwrap_or_else(|error| {
                Err(RpcError::Unreachable {
                    url: self.settings.url.clone(),
                    source: error.into(),
                })
            })
        })
        .await
    }

    async fn call<T: DeserializeOwned>(&self, method: &'static str) -> Result<T, RpcError> {
        let request = request(method, None);
        self.persist(|| async {
            let answer = self.ask(request.clone()).await?;
            read_answer(&self.settings.url, method, &answer)
        })
        .await
    }

    /// Tries until there is a result, or an error that will not pass, or enough of them.
    async fn persist<T, F: Future<Output = Result<T, RpcError>>>(
        &self,
        attempt: impl Fn() -> F,
    ) -> Result<T, RpcError> {
        let mut backoff = self.settings.backoff;
        loop {
            match attempt().await {
                Err(error) if error.is_transient() => {
                    let pause = backoff.failed();
                    if backoff.failures() >= self.settings.attempts {
                        return Err(error);
                    }
                    tracing::debug!(%error, ?pause, "a call is made again");
                    sleep(pause).await;
                }
                result => return result,
            }
        }
    }

    /// Asks once; what comes back is JSON-RPC.
    async fn ask(&self, request: Bytes) -> Result<Bytes, RpcError> {
        let url = &self.settings.url;
        let (status, answer) = self.send(Method::POST, url.uri().clone(), request).await?;
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(RpcError::Busy {
                url: url.clone(),
                status: status.as_u16(),
            }),
            // Some servers refuse a call by their status as well.
            _ if answer.trim_ascii_start().starts_with(b"{")
                && contains(&answer, b"\"jsonrpc\"") =>
            {
                Ok(answer)
            }
            status => Err(self.not_rpc(status, &answer).await),
        }
    }

    /// Finds out what the server is, if it is no RPC server.
    async fn not_rpc(&self, status: StatusCode, answer: &[u8]) -> RpcError {
        let url = self.settings.url.clone();
        let horizon = |answer: &[u8]| contains(answer, b"horizon");
        let mut is_horizon = horizon(answer);
        if !is_horizon && let Some(front_page) = url.front_page() {
            let page = self.send(Method::GET, front_page, Bytes::new()).await;
            is_horizon = page.is_ok_and(|(_, page)| contains(&page, b"\"horizon_version\""));
        }
        if is_horizon {
            let instead = url.instead_of_horizon();
            return RpcError::Horizon { url, instead };
        }
        let begin: String = String::from_utf8_lossy(answer).chars().take(80).collect();
        let begin = begin.split_whitespace().collect::<Vec<_>>().join(" ");
        let status = status.as_u16();
        RpcError::NotRpc {
            url,
            answer: format!("it answers with HTTP status {status} and `{begin}`"),
        }
    }

    /// Sends a request and reads the answer to its end.
    async fn send(
        &self,
        method: Method,
        uri: Uri,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), RpcError> {
        let unreachable = |source: BoxError| RpcError::Unreachable {
            url: self.settings.url.clone(),
            source,
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, AGENT);
        if let Some(authorization) = &self.settings.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let answer = self.patiently(self.http.request(request)).await?;
        let (head, body) = answer
            .map_err(|error| unreachable(error.into()))?
            .into_parts();
        Ok((head.status, self.read(body).await?))
    }

    /// Reads a body to its end, up to the limit.
    async fn read(&self, mut body: Incoming) -> Result<Bytes, RpcError> {
        let mut read = BytesMut::new();
        while let Some(frame) = self.patiently(body.frame()).await? {
            let frame = frame.map_err(|error| RpcError::Unreachable {
                url: self.settings.url.clone(),
                source: error.into(),
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if read.len() + data.len() > self.settings.max_answer_bytes {
                return Err(RpcError::TooLarge {
                    url: self.settings.url.clone(),
                    limit: self.settings.max_answer_bytes,
                });
            }
            read.extend_from_slice(&data);
        }
        Ok(read.freeze())
    }

    async fn patiently<T>(&self, step: impl Future<Output = T>) -> Result<T, RpcError> {
        let patience = self.settings.patience;
        let step = timeout(patience, step).await;
        step.map_err(|_| RpcError::Silent {
            url: self.settings.url.clone(),
            patience,
        })
    }
}

/// What an answer holds, or why there is nothing.
fn read_answer<'a, T: serde::Deserialize<'a>>(
    url: &RpcUrl,
    method: &'static str,
    answer: &'a [u8],
) -> Result<T, RpcError> {
    let not_rpc = |answer: String| RpcError::NotRpc {
        url: url.clone(),
        answer,
    };
    let response: frame::Response<T> = serde_json::from_slice(answer)
        .map_err(|error| not_rpc(format!("its answer to `{method}` cannot be read: {error}")))?;
    match response {
        frame::Response {
            error: Some(frame::Refusal { code, message }),
            ..
        } => Err(RpcError::Refused {
            method,
            code,
            message,
        }),
        frame::Response {
            result: Some(result),
            ..
        } => Ok(result),
        frame::Response { .. } => Err(not_rpc(format!(
            "its answer to `{method}` has neither a result nor an error"
        ))),
    }
}

fn request(method: &str, params: Option<serde_json::Value>) -> Bytes {
    // A request of these few values always has a JSON form.
    let request = serde_json::to_vec(&frame::Request::new(method, params));
    request.unwrap_or_default().into()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

impl fmt::Debug for RpcSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcSettings")
            .field("url", &self.url)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
