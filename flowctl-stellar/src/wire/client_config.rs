use flowctl_grpc::Dial;
use serde::Deserialize;

use crate::{
    Network,
    network_name::{NetworkName, chosen_network},
    source::LedgerRange,
};

/// Which service a client reads, and what of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Keys")]
#[non_exhaustive]
pub struct ClientConfig {
    /// Where the service is: `host:port`, or any other form that
    /// [`Address::parse`](flowctl_grpc::Address::parse) reads.
    pub address: String,
    /// The network that everything must be of. A client of ledgers needs to know it; one of events checks
    /// it where the server says its own.
    pub network: Option<Network>,
    /// Which ledgers to ask for; without a start: from where the server begins by itself.
    pub range: LedgerRange,
    /// How the service is dialled. The default asks for no sign of life more often than servers written
    /// in Go take.
    pub dial: Dial,
}

impl ClientConfig {
    /// Everything that the service at `address` has.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            network: None,
            range: LedgerRange::default(),
            dial: Dial::default().gentle(),
        }
    }

    /// Of this network.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = Some(network);
        self
    }

    /// These ledgers.
    #[must_use]
    pub const fn range(mut self, range: LedgerRange) -> Self {
        self.range = range;
        self
    }

    /// Dialled like this.
    #[must_use]
    pub fn dial(mut self, dial: Dial) -> Self {
        self.dial = dial;
        self
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    address: String,
    network: Option<NetworkName>,
    network_passphrase: Option<String>,
    start_ledger: Option<u32>,
    end_ledger: Option<u32>,
}

impl TryFrom<Keys> for ClientConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let range = LedgerRange::new(keys.start_ledger, keys.end_ledger)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            network: chosen_network(keys.network, keys.network_passphrase)?,
            ..Self::new(keys.address).range(range)
        })
    }
}
