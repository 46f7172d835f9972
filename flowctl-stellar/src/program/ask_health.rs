use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::values::ListenAddress;

/// How long a program may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest page that is read.
const MAX_PAGE_BYTES: usize = 64 * 1024;

/// Asks the program that serves its pages there for `/health`: whether it can be worked with, and the
/// page.
///
/// # Errors
///
/// What went wrong, for people.
pub(crate) async fn ask_health(address: &ListenAddress) -> Result<(bool, String), String> {
    let host = match address.host.as_deref() {
        // Who listens everywhere listens here.
        None | Some("0.0.0.0") => "127.0.0.1",
        Some("::") => "::1",
        Some(host) => host,
    };
    let asked = async {
        let stream = TcpStream::connect((host, address.port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get("/health")
            .header(HOST, "localhost")
            .body(Empty::<Bytes>::new())?;
        let asked = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let page = Limited::new(body, MAX_PAGE_BYTES)
                .collect()
                .await?
                .to_bytes();
            let page = String::from_utf8_lossy(&page).into_owned();
            Ok::<_, flowctl_core::BoxError>((head.status.is_success(), page))
        };
        let mut connection = std::pin::pin!(connection);
        let mut asked = std::pin::pin!(asked);
        tokio::select! {
            answer = asked.as_mut() => answer,
            ended = connection.as_mut() => {
                ended?;
                asked.await
            }
        }
    };
    match timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
