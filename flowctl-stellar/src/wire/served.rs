use flowctl_core::{BoxError, connector::Served};
use flowctl_grpc::Dial;

use super::ClientConfig;
use crate::{Network, network_name::network_called, source::LedgerRange};

/// The first ledger that any network tells: ledger 1 is its genesis.
const FIRST_LEDGER: u32 = 2;

impl ClientConfig {
    /// How a program is read that flowctl has started: its network and which ledgers are wanted are in
    /// its environment, or in its `config`.
    ///
    /// | variable | key | |
    /// |---|---|---|
    /// | `NETWORK_PASSPHRASE` | `network_passphrase` | the network |
    /// | `STELLAR_NETWORK` | `network` | the network by name, where there is no passphrase |
    /// | `START_LEDGER` | `start_ledger` | the first ledger; 0: where the program begins by itself |
    /// | `END_LEDGER` | `end_ledger` | the last ledger; 0: it goes on for ever |
    pub(super) fn of(dial: &Dial, served: &Served) -> Result<Self, BoxError> {
        let start = ledger(served, "START_LEDGER", "start_ledger")?;
        let end = ledger(served, "END_LEDGER", "end_ledger")?;
        let range = LedgerRange::new(start.map(|start| start.max(FIRST_LEDGER)), end)?;
        let mut config = Self::new(&served.address)
            .range(range)
            .dial(dial.clone().gentle());
        config.network = network(served)?;
        Ok(config)
    }
}

fn network(served: &Served) -> Result<Option<Network>, BoxError> {
    if let Some(passphrase) = value(served, "NETWORK_PASSPHRASE", "network_passphrase") {
        return Ok(Some(Network::new(passphrase)));
    }
    let Some(name) = value(served, "STELLAR_NETWORK", "network") else {
        return Ok(None);
    };
    let unknown = || format!("STELLAR_NETWORK `{name}` is no network that is known by name");
    Ok(Some(network_called(&name).ok_or_else(unknown)?))
}

fn ledger(served: &Served, variable: &str, key: &str) -> Result<Option<u32>, BoxError> {
    let Some(text) = value(served, variable, key) else {
        return Ok(None);
    };
    let number: u32 = text
        .parse()
        .map_err(|_| format!("{variable} `{text}` is no ledger sequence"))?;
    Ok(Some(number).filter(|number| *number > 0))
}

fn value(served: &Served, variable: &str, key: &str) -> Option<String> {
    let component = &served.component;
    let set = component
        .env
        .get(variable)
        .map(|value| value.trim().to_owned());
    set.filter(|value| !value.is_empty()).or_else(|| {
        let config = component.config.get(key)?;
        let number = || config.parse::<u32>().ok().map(|number| number.to_string());
        config.as_str().map(str::to_owned).or_else(number)
    })
}

#[cfg(test)]
mod tests {
    use flowctl_core::{
        ComponentSpec,
        spec::{Config, Role},
    };
    use serde_json::json;

    use super::*;

    fn of(env: &[(&str, &str)], config: serde_json::Value) -> Result<ClientConfig, BoxError> {
        let mut component = ComponentSpec::new("ttp".parse().unwrap(), Role::Processor);
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        component.env = env.collect();
        component.config = Config::new(config).unwrap();
        ClientConfig::of(
            &Dial::default(),
            &Served::new("p", "127.0.0.1:1", component),
        )
    }

    #[test]
    fn what_is_wanted_is_in_the_environment_or_in_the_configuration() {
        let is = |start, end| LedgerRange::new(start, end).unwrap();
        let seed = [
            ("START_LEDGER", "1"),
            ("END_LEDGER", "0"),
            ("STELLAR_NETWORK", "testnet"),
        ];
        let config = of(&seed, json!({ "end_ledger": 9 })).unwrap();
        assert_eq!(config.range, is(Some(2), None));
        assert_eq!(config.network, Some(Network::testnet()));
        let keys = json!({ "start_ledger": 7, "end_ledger": "9", "network_passphrase": "mine" });
        let config = of(&[("STELLAR_NETWORK", "whatever")], keys).unwrap();
        assert_eq!(config.range, is(Some(7), Some(9)));
        assert_eq!(config.network, Some(Network::new("mine")));
        let config = of(&[], json!({})).unwrap();
        assert_eq!((config.range, config.network), (is(None, None), None));
        assert_eq!(config.dial.keep_alive, None);
    }

    #[test]
    fn what_cannot_be_is_told() {
        for (env, word) in [
            (&[("START_LEDGER", "x")][..], "`x` is no ledger"),
            (&[("START_LEDGER", "9"), ("END_LEDGER", "8")][..], "below"),
            (&[("STELLAR_NETWORK", "mine")][..], "`mine` is no network"),
        ] {
            let error = of(env, json!({})).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
