use std::{fmt, time::Duration};

use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::dial::Token;

/// How a server serves. The defaults: plain text, nobody is asked for anything.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerSettings {
    /// TLS; default: plain text.
    pub tls: Option<ServerTls>,
    /// What callers must show, but for the health service; default: nothing.
    pub token: Option<Token>,
    /// How often a caller that is silent is asked for a sign of life (HTTP/2 ping); default 10 s.
    pub keep_alive: Duration,
    /// How long the answer may take; default 10 s.
    pub keep_alive_timeout: Duration,
    /// How long open calls may go on after the server was asked to end; default 10 s.
    pub grace: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            tls: None,
            token: None,
            keep_alive: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(10),
            grace: Duration::from_secs(10),
        }
    }
}

impl ServerSettings {
    /// With TLS.
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Callers must show this token.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }
}

/// How a server proves who it is, and whom it admits. Certificates and keys are PEM.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServerTls {
    /// Its certificate, with those that lead to an authority.
    pub certificate: Vec<u8>,
    /// The key of the certificate.
    pub key: Vec<u8>,
    /// Callers must show a certificate that these authorities signed (mutual TLS); default: none is
    /// asked for.
    pub client_authorities: Option<Vec<u8>>,
}

impl ServerTls {
    /// Shows this certificate.
    pub fn new(certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self {
            certificate: certificate.into(),
            key: key.into(),
            client_authorities: None,
        }
    }

    /// Admits only callers with a certificate that these authorities signed.
    #[must_use]
    pub fn clients(mut self, authorities: impl Into<Vec<u8>>) -> Self {
        self.client_authorities = Some(authorities.into());
        self
    }

    pub(super) fn config(&self) -> ServerTlsConfig {
        let identity = Identity::from_pem(&self.certificate, &self.key);
        let config = ServerTlsConfig::new().identity(identity);
        match &self.client_authorities {
            None => config,
            Some(authorities) => config.client_ca_root(Certificate::from_pem(authorities)),
        }
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("mutual", &self.client_authorities.is_some())
            .finish_non_exhaustive()
    }
}
