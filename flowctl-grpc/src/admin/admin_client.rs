use std::{
    fmt,
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use futures_core::Stream;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::{
    Status,
    codegen::{Service, http::Uri},
    service::interceptor::InterceptedService,
    transport::Endpoint,
};

use super::{admin_socket::AdminSocket, socket_path::SocketPath, status::duration};
use crate::{
    Dial, DialError, Token,
    control_plane::timestamp,
    dial::{Bearer, Connection},
    proto::admin::{
        EventsRequest, EventsResponse, LogsRequest, LogsResponse, RunsRequest, RunsResponse,
        StatusRequest, StatusResponse, StopRequest, admin_client::AdminClient as Messages,
    },
};

/// Looks at the run of another process, and stops it.
///
/// The answers are the messages of `flowctl.admin.v1`. Errors are those of the calls: `unavailable` where
/// the process is gone. All calls are cancel safe.
#[derive(Clone)]
pub struct AdminClient(Messages<Connection>);

impl AdminClient {
    /// The run whose state folder this is, through the socket in it.
    ///
    /// # Errors
    ///
    /// [`DialError::Unreachable`] where no process serves it.
    pub async fn in_folder(folder: &Path) -> Result<Self, DialError> {
        let address = folder.join(AdminSocket::FILE);
        let endpoint = Endpoint::from_static("http://run.flowctl").connect_timeout(CONNECT);
        let channel = endpoint
            .connect_with_connector(Connector(folder.to_owned()))
            .await;
        let channel = channel.map_err(|source| DialError::Unreachable {
            address: address.display().to_string(),
            source: source.into(),
        })?;
        Ok(Self::new(InterceptedService::new(
            channel,
            Bearer::default(),
        )))
    }

    /// The run whose control plane listens at `host:port`, to which `token` is shown.
    ///
    /// # Errors
    ///
    /// [`DialError`], by what is wrong.
    pub async fn at(address: &str, token: Token) -> Result<Self, DialError> {
        Self::dial(address, &Dial::default().token(token)).await
    }

    /// The same with settings, for example TLS.
    ///
    /// # Errors
    ///
    /// [`DialError`], by what is wrong.
    pub async fn dial(address: &str, dial: &Dial) -> Result<Self, DialError> {
        Ok(Self::new(dial.connect(address).await?))
    }

    fn new(connection: Connection) -> Self {
        Self(Messages::new(connection).max_decoding_message_size(Dial::MAX_MESSAGE))
    }

    /// The run at this moment.
    ///
    /// # Errors
    ///
    /// As the call.
    pub async fn status(&self) -> Result<StatusResponse, Status> {
        let status = self.0.clone().status(StatusRequest {}).await?;
        Ok(status.into_inner())
    }

    /// What happened after the event with the number `since` (0: all that are kept) and, with `follow`,
    /// what happens. Ends with the run.
    ///
    /// # Errors
    ///
    /// As the call.
    pub async fn events(
        &self,
        since: u64,
        follow: bool,
    ) -> Result<impl Stream<Item = Result<EventsResponse, Status>> + Send + Unpin + use<>, Status>
    {
        let events = self
            .0
            .clone()
            .events(EventsRequest { since, follow })
            .await?;
        Ok(events.into_inner())
    }

    /// What components wrote and, where it says `follow`, write.
    ///
    /// # Errors
    ///
    /// As the call.
    pub async fn logs(
        &self,
        wanted: LogsRequest,
    ) -> Result<impl Stream<Item = Result<LogsResponse, Status>> + Send + Unpin + use<>, Status>
    {
        let logs = self.0.clone().logs(wanted).await?;
        Ok(logs.into_inner())
    }

    /// Asks the run to stop within `grace`, or in the time that its spec gives. Answers at once.
    ///
    /// # Errors
    ///
    /// As the call.
    pub async fn stop(&self, grace: Option<Duration>) -> Result<(), Status> {
        let grace = grace.map(duration);
        self.0.clone().stop(StopRequest { grace }).await?;
        Ok(())
    }

    /// The newest `limit` runs of the pipeline (0: ten), newest first.
    ///
    /// # Errors
    ///
    /// As the call.
    pub async fn runs(&self, limit: u32) -> Result<RunsResponse, Status> {
        let asked = RunsRequest {
            pipeline: String::new(),
            limit,
        };
        Ok(self.0.clone().runs(asked).await?.into_inner())
    }

    /// A request for the lines of some components (of all, if there are none).
    #[must_use]
    pub fn wanted_logs(
        components: Vec<String>,
        since: Option<SystemTime>,
        tail: Option<u64>,
        follow: bool,
    ) -> LogsRequest {
        LogsRequest {
            components,
            since: since.map(timestamp),
            tail,
            follow,
        }
    }
}

impl fmt::Debug for AdminClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminClient")
    }
}

/// How long it may take to connect; to a socket of this machine it takes no time, or for ever.
const CONNECT: Duration = Duration::from_secs(5);

/// Connects to the socket in a state folder.
#[derive(Clone, Debug)]
struct Connector(PathBuf);

impl Service<Uri> for Connector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        let folder = self.0.clone();
        Box::pin(async move {
            let socket = SocketPath::new(&folder, AdminSocket::FILE)?;
            let stream = UnixStream::connect(socket.path()).await?;
            Ok(TokioIo::new(stream))
        })
    }
}
