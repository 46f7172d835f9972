use std::net::SocketAddr;

use flowctl_core::BoxError;

/// A server could not be started, or broke.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on, for example because another program does.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The settings cannot be used: a certificate or a key is not one.
    #[error("the {what} cannot be used")]
    Settings {
        /// Which of them.
        what: &'static str,
        /// What is wrong with it.
        source: BoxError,
    },
    /// It broke while it served.
    #[error("the server broke")]
    Broken {
        /// What went wrong.
        source: BoxError,
    },
}
