use super::variables::{Value, Variable, Variables};
use crate::simulated::{Options, ProtocolUpgrade, SimulatedNetwork};

const SEED: Variable = Variable::new(&["SEED"], "which of all simulated networks");
const PROTOCOL: Variable = Variable::new(
    &["PROTOCOL"],
    "the protocol of the first ledger, 1 to 26, which decides the form of the ledgers",
);
const PROTOCOL_UPGRADES: Variable = Variable::new(
    &["PROTOCOL_UPGRADES"],
    "the ledgers at whose end a later protocol takes effect, as `LEDGER:PROTOCOL,…`",
)
.example("100:24,200:25");
const UNIFIED_EVENTS: Variable = Variable::new(
    &["UNIFIED_EVENTS"],
    "whether ledgers hold the events that stellar-core writes (CAP-67)",
);
const TRANSACTIONS: Variable = Variable::new(
    &["TRANSACTIONS_PER_LEDGER"],
    "how many transactions a ledger has in the mean",
);
const ACCOUNTS: Variable = Variable::new(&["ACCOUNTS"], "how many accounts there are");

/// The value of `PROTOCOL_UPGRADES`.
#[derive(Debug, PartialEq, Eq)]
struct Upgrades(Vec<ProtocolUpgrade>);

impl Value for Upgrades {
    fn read(text: &str) -> Result<Self, String> {
        let upgrade = |part: &str| {
            let (sequence, protocol) = part.trim().split_once(':')?;
            Some(ProtocolUpgrade {
                sequence: sequence.parse().ok()?,
                protocol: protocol.parse().ok()?,
            })
        };
        let upgrades: Option<_> = text.split(',').map(upgrade).collect();
        upgrades
            .map(Self)
            .ok_or_else(|| "expected `LEDGER:PROTOCOL,…`, for example 100:24,200:25".to_owned())
    }
}

/// Reads what a simulated network is like.
pub(crate) fn read_options(variables: &mut Variables) -> Options {
    let mut options = Options::default();
    options.seed = variables.or(SEED, options.seed);
    options.protocol = variables.or(PROTOCOL, options.protocol);
    let upgrades = variables.optional(PROTOCOL_UPGRADES);
    options.upgrades = upgrades.map_or_else(Vec::new, |Upgrades(upgrades)| upgrades);
    options.unified_events = variables.or(UNIFIED_EVENTS, options.unified_events);
    options.transactions_per_ledger = variables.or(TRANSACTIONS, options.transactions_per_ledger);
    options.accounts = variables.or(ACCOUNTS, options.accounts);
    if let Err(error) = SimulatedNetwork::new(options.clone()) {
        variables.refuse(
            "PROTOCOL, PROTOCOL_UPGRADES, TRANSACTIONS_PER_LEDGER or ACCOUNTS",
            format!("make no network: {error}"),
            "change what is out of range",
        );
    }
    options
}
