use std::fmt;

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// What a caller needs to speak TLS: whom it trusts, and how it proves who it is.
///
/// Certificates and keys are PEM. Nothing is trusted but the certificates given here.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientTls {
    /// The certificates of the authorities that are trusted.
    pub authorities: Vec<u8>,
    /// The name that the server's certificate must have; default: the host that is dialled.
    pub server_name: Option<String>,
    /// The caller's own certificate and its key, for servers that ask for one (mutual TLS).
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl ClientTls {
    /// Trusts servers whose certificate these authorities signed.
    pub fn trusting(authorities: impl Into<Vec<u8>>) -> Self {
        Self {
            authorities: authorities.into(),
            server_name: None,
            identity: None,
        }
    }

    /// The server's certificate must be for this name.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Shows this certificate.
    #[must_use]
    pub fn identity(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some((certificate.into(), key.into()));
        self
    }

    pub(crate) fn config(&self) -> ClientTlsConfig {
        let mut config =
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.authorities));
        if let Some(name) = &self.server_name {
            config = config.domain_name(name);
        }
        if let Some((certificate, key)) = &self.identity {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        config
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("server_name", &self.server_name)
            .field("identity", &self.identity.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}
