use super::Local;

/// Where an instance is reached.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Endpoint {
    /// In this process: the component object itself.
    Local(Local),
    /// On a network: `host:port`, without a scheme.
    Network {
        /// The address that the reader dials.
        address: String,
    },
}

/// Who wants to reach an instance; the same port has another address for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reader {
    /// The process that runs flowctl.
    SameProcess,
    /// A process on the host that the backend runs on.
    Host,
    /// Another instance of the same run.
    RunNetwork,
    /// Anybody in the cluster that the backend stands for.
    Cluster,
}
