//! `simulated-rpc`: the RPC server of a simulated network, to try everything with no network.
//!
//! What it serves is decided by its settings alone; only how many ledgers there are follows the clock.

mod chain;
mod growth;
mod methods;
mod program;
mod server;
mod settings;
#[cfg(test)]
mod test_server;

pub(crate) use self::program::SimulatedRpc;
#[cfg(test)]
pub(crate) use self::test_server::TestServer;
