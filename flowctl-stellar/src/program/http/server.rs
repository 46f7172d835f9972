use std::{fmt, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use flowctl_core::component::Cancellation;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet, time::sleep};

/// How many connections are served at once; more wait.
const MAX_CONNECTIONS: usize = 256;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest body of a request.
const MAX_BODY_BYTES: usize = 512 * 1024;

/// An HTTP/1.1 server that answers with what its [`Handler`] says.
#[derive(Debug)]
pub(crate) struct HttpServer {
    listener: TcpListener,
    handler: Arc<dyn Handler>,
}

/// Answers requests.
#[async_trait]
pub(crate) trait Handler: fmt::Debug + Send + Sync + 'static {
    async fn answer(&self, question: Question) -> Answer;
}

/// A request, as much of it as anybody here needs.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) method: Method,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

impl Answer {
    /// JSON.
    pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: value.to_string().into(),
        }
    }

    /// A line of text.
    pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: text.into().into(),
        }
    }
}

impl HttpServer {
    /// A server on this socket.
    pub(crate) fn new(listener: TcpListener, handler: Arc<dyn Handler>) -> Self {
        Self { listener, handler }
    }

    /// Serves until `end`, then lets the requests that are being answered finish.
    pub(crate) async fn serve(self, end: Cancellation) {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut serving = JoinSet::new();
        loop {
            while serving.try_join_next().is_some() {}
            let accepted = tokio::select! {
                () = end.cancelled() => break,
                accepted = accept(&self.listener, &connections) => accepted,
            };
            let (stream, permit) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Such as too many open files: it passes, and trying at once would only spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let handler = Arc::clone(&self.handler);
            let end = end.clone();
            serving.spawn(async move {
                let service = service_fn(move |request| {
                    let handler = Arc::clone(&handler);
                    async move { Ok::<_, std::convert::Infallible>(answer(&*handler, request).await) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIMEOUT)
                    .serve_connection(TokioIo::new(stream), service);
                let mut connection = std::pin::pin!(connection);
                // What clients do wrong is theirs to see.
                let ended = tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = end.cancelled() => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                };
                if let Err(error) = ended {
                    tracing::debug!(%error, "an HTTP connection ended");
                }
                drop(permit);
            });
        }
        while serving.join_next().await.is_some() {}
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned();
    let permit = permit.await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and awaited.
    let _ = stream.set_nodelay(true);
    Ok((stream, permit))
}

async fn answer(handler: &dyn Handler, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let answer = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => {
            let question = Question {
                method: head.method,
                path: head.uri.path().to_owned(),
                body: body.to_bytes(),
            };
            handler.answer(question).await
        }
        Err(error) if error.is::<LengthLimitError>() => {
            let text = format!("a request has at most {MAX_BODY_BYTES} bytes\n");
            Answer::text(StatusCode::PAYLOAD_TOO_LARGE, text)
        }
        Err(_) => Answer::text(StatusCode::BAD_REQUEST, "the request broke off\n"),
    };
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let content_type = HeaderValue::from_static(answer.content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
