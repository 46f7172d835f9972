use flowctl_grpc::Address;

use crate::{
    Network,
    program::{
        ledger_source::{NETWORK_PASSPHRASE, read_network},
        values::Inputs,
        variables::{Value, Variable, Variables},
    },
    token_transfer::Mode,
};

/// What the processor derives, and from where.
#[derive(Clone, Debug)]
pub(super) struct TtpSettings {
    pub(super) source: Address,
    pub(super) network: Network,
    pub(super) mode: Mode,
    pub(super) verify: bool,
}

const SOURCE: Variable = Variable::new(
    &["SOURCE_SERVICE_ADDRESS", "LIVE_SOURCE_ENDPOINT"],
    "the `host:port` of the source's raw_ledger_service.RawLedgerService",
)
.example("localhost:50052");
const INPUTS: Variable = Variable::new(
    &["FLOWCTL_INPUTS"],
    "whom to read, as flowctl says it; the first is read where nothing else names a source",
);
const MODE: Variable = Variable::new(
    &["TTP_MODE"],
    "where events come from: auto, unified (those that stellar-core wrote) or derived",
);
const VERIFY: Variable = Variable::new(
    &["TTP_VERIFY"],
    "`true` to hold the events of each ledger against all its balances",
);

/// Where upstream's sources serve.
const DEFAULT_SOURCE: &str = "localhost:50052";

#[derive(Debug, PartialEq, Eq)]
struct ModeName(Mode);

impl Value for ModeName {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self(Mode::Auto)),
            "unified" => Ok(Self(Mode::Unified)),
            "derived" => Ok(Self(Mode::Derived)),
            _ => Err("expected auto, unified or derived".to_owned()),
        }
    }
}

impl TtpSettings {
    /// Reads them.
    pub(super) fn read(variables: &mut Variables) -> Option<Self> {
        let named = variables.optional(SOURCE);
        let inputs = variables.optional::<Inputs>(INPUTS);
        let first = inputs.and_then(|Inputs(inputs)| inputs.into_iter().next());
        let source = named
            .or(first.map(|(_, address)| address))
            .or_else(|| Address::read(DEFAULT_SOURCE).ok());
        let before = variables.problems();
        let network = read_network(variables);
        if network.is_none() && variables.problems() == before {
            variables.refuse(
                NETWORK_PASSPHRASE.name(),
                "is not set",
                "set it to the passphrase of the network that the ledgers are of, or STELLAR_NETWORK to \
                 its name",
            );
        }
        let mode = variables
            .optional(MODE)
            .map_or(Mode::default(), |ModeName(mode)| mode);
        let verify = variables.or(VERIFY, false);
        variables.without_effect(
            ["START_LEDGER", "END_LEDGER"],
            "whoever reads the events says which ledgers",
        );
        Some(Self {
            source: source?,
            network: network?,
            mode,
            verify,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::program::variables::Problems;

    fn read(set: &[(&str, &str)]) -> Result<TtpSettings, Problems> {
        let set = set
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let mut variables = Variables::new(set);
        let settings = TtpSettings::read(&mut variables);
        variables.finish(settings)
    }

    #[test]
    fn the_source_is_named_in_three_ways() {
        let testnet = ("STELLAR_NETWORK", "testnet");
        let inputs = ("FLOWCTL_INPUTS", "source=127.0.0.1:3,other=127.0.0.1:4");
        let live = ("LIVE_SOURCE_ENDPOINT", "live:2");
        let source = ("SOURCE_SERVICE_ADDRESS", "source:1");
        for (set, address) in [
            (vec![testnet], "127.0.0.1:50052"),
            (vec![testnet, inputs], "127.0.0.1:3"),
            (vec![testnet, inputs, live], "live:2"),
            (vec![testnet, inputs, live, source], "source:1"),
        ] {
            assert_eq!(read(&set).unwrap().source.to_string(), address);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        for (set, word) in [
            (vec![], "NETWORK_PASSPHRASE is not set"),
            (
                vec![("STELLAR_NETWORK", "mine")],
                "no network that is known",
            ),
            (vec![("TTP_MODE", "fast")], "auto, unified or derived"),
            (
                vec![("SOURCE_SERVICE_ADDRES", "a:1")],
                "SOURCE_SERVICE_ADDRESS",
            ),
            (
                vec![("LIVE_SOURCE_ENDPOINT", "http://a:1/health")],
                "host:port",
            ),
        ] {
            let problems = read(&set).unwrap_err().to_string();
            assert!(problems.contains(word), "{word}: {problems}");
        }
        // The seed's pipeline sets these for its processor.
        let seed = [
            ("STELLAR_NETWORK", "testnet"),
            ("START_LEDGER", "1"),
            ("END_LEDGER", "0"),
        ];
        assert!(read(&seed).is_ok());
    }
}
