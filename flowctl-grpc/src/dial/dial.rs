use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use super::{Bearer, ClientTls, Connection, DialError, Token};
use crate::address::Address;

/// How servers are dialled. A value: the defaults are right for components on the same host or network.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dial {
    /// How long one attempt to connect may take; default 5 s.
    pub connect_timeout: Duration,
    /// How often the other end is asked for a sign of life (HTTP/2 ping), also while nothing is to be
    /// said; `None`: never. Default 10 s.
    ///
    /// grpc-go closes connections whose callers ask more often than every five minutes ("too many
    /// pings"), unless it was told otherwise. See [`gentle`](Dial::gentle).
    pub keep_alive: Option<Duration>,
    /// How long the answer to such a question may take; default 10 s.
    pub keep_alive_timeout: Duration,
    /// How long a stream may be silent, where the protocol says that it never is for longer; default 30 s.
    pub progress_timeout: Duration,
    /// The longest pause before the first new attempt after a connection broke; it doubles with every
    /// attempt. Default 50 ms. Pauses are uniform between nothing and the longest (full jitter).
    pub backoff_base: Duration,
    /// What it doubles up to; default 5 s.
    pub backoff_cap: Duration,
    /// How long connecting again is tried before it is an error; default 30 s. An error that is not of
    /// the network ends it at once.
    pub give_up_after: Duration,
    /// The largest message, in bytes, in both directions; default [`Dial::MAX_MESSAGE`].
    pub max_message: usize,
    /// TLS; default: plain text.
    pub tls: Option<ClientTls>,
    /// What callers show; default: nothing.
    pub token: Option<Token>,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            keep_alive: Some(Duration::from_secs(10)),
            keep_alive_timeout: Duration::from_secs(10),
            progress_timeout: Duration::from_secs(30),
            backoff_base: Duration::from_millis(50),
            backoff_cap: Duration::from_secs(5),
            give_up_after: Duration::from_secs(30),
            max_message: Self::MAX_MESSAGE,
            tls: None,
            token: None,
        }
    }
}

impl Dial {
    /// 64 MiB: a record of the largest streams known, several times over. gRPC's own default is 4 MiB.
    pub const MAX_MESSAGE: usize = 64 << 20;

    /// Stream and connection windows: large enough for the memory bandwidth of a loopback and for 1 Gbit/s
    /// over 100 ms.
    pub(crate) const STREAM_WINDOW: u32 = 8 << 20;
    pub(crate) const CONNECTION_WINDOW: u32 = 16 << 20;

    /// The same settings for servers that this project did not write: no sign of life is asked for more
    /// often than a grpc-go server takes without being told (its `EnforcementPolicy.MinTime` is 5 minutes).
    /// TCP's own keep-alive finds hosts that are gone.
    #[must_use]
    pub fn gentle(mut self) -> Self {
        self.keep_alive = None;
        self
    }

    /// With TLS.
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Shows this token.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// Connects to `host:port` (any form that [`Address::parse`] reads, this host being the own one). One
    /// attempt. What is returned connects again by itself when it is used after the connection broke.
    ///
    /// # Errors
    ///
    /// [`DialError`], by what is wrong.
    pub async fn connect(&self, address: &str) -> Result<Connection, DialError> {
        let address = Address::parse(address, "127.0.0.1")?;
        let endpoint = self.endpoint(&address)?;
        let channel = endpoint.connect().await;
        let channel = channel.map_err(|source| DialError::Unreachable {
            address: address.to_string(),
            source: source.into(),
        })?;
        self.bearer(channel)
    }

    fn bearer(&self, channel: Channel) -> Result<Connection, DialError> {
        let header = match &self.token {
            None => None,
            Some(token) => {
                let header = token.header().parse();
                Some(header.map_err(|_| DialError::Settings {
                    what: "token",
                    source: "it has characters that no header can hold".into(),
                })?)
            }
        };
        Ok(Connection::new(channel, Bearer::new(header)))
    }

    fn endpoint(&self, address: &Address) -> Result<Endpoint, DialError> {
        let refused = |problem| DialError::Tls {
            address: address.to_string(),
            problem,
        };
        match (&self.tls, address.tls) {
            (None, Some(true)) => {
                return Err(refused("asks for TLS, and nothing says whom to trust"));
            }
            (Some(_), Some(false)) => {
                return Err(refused("says no TLS, and the settings say TLS"));
            }
            _ => {}
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let unusable = |what, source: tonic::transport::Error| DialError::Settings {
            what,
            source: source.into(),
        };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))
            .map_err(|source| unusable("address", source))?
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(20)))
            .initial_stream_window_size(Self::STREAM_WINDOW)
            .initial_connection_window_size(Self::CONNECTION_WINDOW);
        if let Some(interval) = self.keep_alive {
            endpoint = endpoint
                .http2_keep_alive_interval(interval)
                .keep_alive_timeout(self.keep_alive_timeout)
                .keep_alive_while_idle(true);
        }
        if let Some(tls) = &self.tls {
            endpoint = endpoint
                .tls_config(tls.config())
                .map_err(|source| unusable("TLS settings", source))?;
        }
        Ok(endpoint)
    }
}
