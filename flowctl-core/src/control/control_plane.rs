use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
};

use async_trait::async_trait;

use super::Roster;

/// Where the components of a run register and send heartbeats, as the runner sees it.
#[async_trait]
pub trait ControlPlane: fmt::Debug + Send + Sync + 'static {
    /// Who has registered.
    fn roster(&self) -> &Roster;

    /// Listens at this address of the machine too, and answers where. Repeating it for an address
    /// changes nothing and gives the same answer; an address that is covered already (by one that
    /// stands for all of its family) is answered with itself and that port.
    ///
    /// # Errors
    ///
    /// When the address is not one of this machine, or the port is taken.
    async fn listen(&self, host: IpAddr) -> io::Result<SocketAddr>;
}
