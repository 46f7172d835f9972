use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{Network, simulated::SimulatedNetwork};

/// The name of the network that all simulated ledgers are of.
const SIMULATED: &str = "simulated";

/// The value of a `network` key: the name of a well-known network, or of the simulated one.
#[derive(Clone, Debug)]
pub(crate) struct NetworkName {
    name: String,
    network: Network,
}

/// The network that people call by this name, in any case; for variables, which upstream's components
/// leave more open than keys are.
#[cfg(feature = "grpc")]
pub(crate) fn network_called(name: &str) -> Option<Network> {
    match name.to_ascii_lowercase().as_str() {
        "public" | "mainnet" => Some(Network::pubnet()),
        SIMULATED => Some(SimulatedNetwork::network()),
        name => Network::named(name),
    }
}

impl<'de> Deserialize<'de> for NetworkName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let simulated = || (name == SIMULATED).then(SimulatedNetwork::network);
        let network = Network::named(&name).or_else(simulated).ok_or_else(|| {
            let names = Network::names().chain([SIMULATED]);
            let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
            D::Error::custom(format!(
                "there is no well-known network `{name}`: expected {}, or `network_passphrase` for \
                 any other",
                names.join(", ")
            ))
        })?;
        Ok(Self { name, network })
    }
}

/// The network that the keys `network` and `network_passphrase` choose; `None`: neither is there.
///
/// # Errors
///
/// What to say when they choose two networks.
pub(crate) fn chosen_network(
    name: Option<NetworkName>,
    passphrase: Option<String>,
) -> Result<Option<Network>, String> {
    match (name, passphrase.map(Network::new)) {
        (Some(named), Some(other)) if named.network != other => Err(format!(
            "`network: {}` has the passphrase `{}`, but `network_passphrase` is `{}`",
            named.name,
            named.network.passphrase(),
            other.passphrase()
        )),
        (named, other) => Ok(other.or(named.map(|named| named.network))),
    }
}

/// The same where one of the keys must be there.
///
/// # Errors
///
/// What to say when they choose no network, or two.
pub(crate) fn required_network(
    name: Option<NetworkName>,
    passphrase: Option<String>,
) -> Result<Network, String> {
    chosen_network(name, passphrase)?
        .ok_or_else(|| "one of `network` and `network_passphrase` is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(keys: &str) -> Result<Network, String> {
        #[derive(Deserialize)]
        struct Keys {
            network: Option<NetworkName>,
            network_passphrase: Option<String>,
        }
        let keys: Keys = serde_json::from_str(keys).map_err(|error| error.to_string())?;
        required_network(keys.network, keys.network_passphrase)
    }

    #[test]
    fn a_network_is_chosen_by_name_or_by_passphrase() {
        assert_eq!(chosen(r#"{"network": "testnet"}"#), Ok(Network::testnet()));
        assert_eq!(
            chosen(r#"{"network_passphrase": "mine"}"#),
            Ok(Network::new("mine"))
        );
        assert_eq!(
            chosen(r#"{"network": "simulated"}"#),
            Ok(SimulatedNetwork::network())
        );
        let both = r#"{"network": "standalone", "network_passphrase": "Standalone Network ; February 2017"}"#;
        assert!(chosen(both).is_ok());
    }

    #[test]
    fn no_network_two_networks_and_unknown_names_are_errors() {
        assert!(chosen("{}").unwrap_err().contains("is needed"));
        let two = chosen(r#"{"network": "testnet", "network_passphrase": "mine"}"#).unwrap_err();
        assert!(two.contains("Test SDF") && two.contains("`mine`"), "{two}");
        let unknown = chosen(r#"{"network": "mainnet"}"#).unwrap_err();
        assert!(
            unknown.contains("`mainnet`") && unknown.contains("`pubnet`"),
            "{unknown}"
        );
    }
}
