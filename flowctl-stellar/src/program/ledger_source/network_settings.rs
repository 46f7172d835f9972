use crate::{
    Network,
    network_name::network_called,
    program::variables::{Variable, Variables},
};

pub(crate) const NETWORK_PASSPHRASE: Variable = Variable::new(
    &["NETWORK_PASSPHRASE"],
    "the passphrase of the network; unset, it is the one that the origin says",
)
.example("'Test SDF Network ; September 2015'");
const STELLAR_NETWORK: Variable = Variable::new(
    &["STELLAR_NETWORK"],
    "the network by name: pubnet, testnet, futurenet, standalone or simulated",
);

/// The network that the variables choose; `None`: whichever the origin is of.
///
/// `STELLAR_NETWORK` may be any word beside a passphrase, as upstream's programs only show it; where it
/// is the name of a network it must fit.
pub(crate) fn read_network(variables: &mut Variables) -> Option<Network> {
    let passphrase = variables.optional::<String>(NETWORK_PASSPHRASE);
    let name = variables.optional::<String>(STELLAR_NETWORK);
    if let Some(passphrase) = &passphrase
        && let Some(known) = nearly(passphrase)
    {
        variables.refuse(
            NETWORK_PASSPHRASE.name(),
            format!("is `{passphrase}`, which is almost that of a network"),
            format!("set it to `{}`", known.passphrase()),
        );
        return None;
    }
    let named = name.as_deref().map(network_called);
    match (passphrase.map(Network::new), name, named.flatten()) {
        (Some(network), Some(name), Some(other)) if network != other => {
            variables.refuse(
                STELLAR_NETWORK.name(),
                format!(
                    "is `{name}`, whose passphrase is `{}`, but NETWORK_PASSPHRASE is `{}`",
                    other.passphrase(),
                    network.passphrase()
                ),
                "change one of them, so that they fit",
            );
            None
        }
        (Some(network), _, _) => Some(network),
        (None, _, Some(network)) => Some(network),
        (None, Some(name), None) => {
            variables.refuse(
                STELLAR_NETWORK.name(),
                format!("is `{name}`, which is no network that is known by name"),
                "set NETWORK_PASSPHRASE too, or one of pubnet, testnet, futurenet, standalone, simulated",
            );
            None
        }
        (None, None, None) => None,
    }
}

/// The network whose passphrase is meant but not written, as in upstream's defaults `Public Network;
/// September 2015` and `Public Network ; September 2015`.
fn nearly(passphrase: &str) -> Option<Network> {
    let letters = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.collect::<String>().to_ascii_lowercase()
    };
    let meant = match letters(passphrase).as_str() {
        "publicnetworkseptember2015" => letters(Network::pubnet().passphrase()),
        letters => letters.to_owned(),
    };
    Network::names()
        .filter_map(Network::named)
        .find(|known| letters(known.passphrase()) == meant && known.passphrase() != passphrase)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::program::variables::Problems;

    fn read(passphrase: &str, name: &str) -> Result<Option<String>, Problems> {
        let set = [
            ("NETWORK_PASSPHRASE", passphrase),
            ("STELLAR_NETWORK", name),
        ];
        let set = set.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let mut variables = Variables::new(set);
        let network = read_network(&mut variables);
        variables.finish(Some(network.map(|network| network.passphrase().to_owned())))
    }

    #[test]
    fn a_network_is_chosen_by_either_variable() {
        let testnet = Network::testnet().passphrase().to_owned();
        assert_eq!(read("", "").unwrap(), None);
        assert_eq!(read(&testnet, "testnet").unwrap(), Some(testnet.clone()));
        assert_eq!(read("", "Testnet").unwrap(), Some(testnet));
        assert_eq!(read("mine", "anything").unwrap().as_deref(), Some("mine"));
        assert!(read("", "mainnet").unwrap().is_some());
    }

    #[test]
    fn contradictions_and_near_misses_are_told() {
        for (passphrase, name, word) in [
            (
                "Test SDF Network ; September 2015",
                "pubnet",
                "so that they fit",
            ),
            (
                "Public Network; September 2015",
                "",
                "Public Global Stellar Network ; September 2015",
            ),
            (
                "Test SDF Network; September 2015",
                "",
                "`Test SDF Network ; September 2015`",
            ),
            ("", "localnet", "NETWORK_PASSPHRASE"),
        ] {
            let problems = read(passphrase, name).unwrap_err().to_string();
            assert!(problems.contains(word), "{passphrase} {name}: {problems}");
        }
    }
}
