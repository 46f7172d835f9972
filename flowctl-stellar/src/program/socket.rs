use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, lookup_host};

use super::{failure::Failure, values::ListenAddress};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// An address that is taken, but where nobody is let in yet.
///
/// So a port that is in use is told before a long start, and whoever connects too early is refused
/// instead of waiting.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: TcpSocket,
    address: ListenAddress,
    variable: &'static str,
}

impl Socket {
    /// Takes the address, which `variable` sets.
    ///
    /// # Errors
    ///
    /// [`Failure::Listen`].
    pub(crate) async fn take(
        address: &ListenAddress,
        variable: &'static str,
    ) -> Result<Self, Failure> {
        let failed = |source| Failure::Listen {
            address: address.to_string(),
            variable,
            source,
        };
        let mut found = lookup_host((address.host(), address.port))
            .await
            .map_err(failed)?;
        let none = || std::io::Error::other("the name has no address");
        let at = found.next().ok_or_else(none).map_err(failed)?;
        let socket = bind(at).map_err(failed)?;
        Ok(Self {
            socket,
            address: address.clone(),
            variable,
        })
    }

    /// The address, with the port that the system chose.
    ///
    /// # Errors
    ///
    /// [`Failure::Listen`].
    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        self.socket.local_addr().map_err(|source| Failure::Listen {
            address: self.address.to_string(),
            variable: self.variable,
            source,
        })
    }

    /// Lets in.
    ///
    /// # Errors
    ///
    /// [`Failure::Listen`].
    pub(crate) fn listen(self) -> Result<(TcpListener, SocketAddr), Failure> {
        let listener = self.socket.listen(BACKLOG);
        listener
            .and_then(|listener| Ok((listener.local_addr()?, listener)))
            .map(|(address, listener)| (listener, address))
            .map_err(|source| Failure::Listen {
                address: self.address.to_string(),
                variable: self.variable,
                source,
            })
    }
}

fn bind(at: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = match at {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for connections of the run before to time out.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_told_before_anything_is_served() {
        let free = ListenAddress {
            host: Some("127.0.0.1".into()),
            port: 0,
        };
        let taken = Socket::take(&free, "PORT").await.unwrap();
        let (_listener, address) = taken.listen().unwrap();
        let same = ListenAddress {
            host: Some("127.0.0.1".into()),
            port: address.port(),
        };
        let error = match Socket::take(&same, "PORT").await {
            Err(error) => error,
            Ok(socket) => socket.listen().unwrap_err(),
        };
        assert!(error.to_string().contains("set by PORT"), "{error}");
        assert!(error.help().unwrap().contains("free port"));
    }
}
