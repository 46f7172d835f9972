use std::time::Duration;

use serde::Deserialize;

use crate::{
    simulated::{FIRST_LEDGER, Options, SimulatedNetwork},
    source::{LedgerRange, duration_key},
};

/// What [`Simulated`](super::Simulated) simulates.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Keys")]
#[non_exhaustive]
pub struct SimulatedConfig {
    /// What the network is like.
    pub options: Options,
    /// Which of its ledgers to hand out; without an end it goes on for ever.
    pub range: LedgerRange,
    /// The time from one ledger to the next; zero: as fast as they are taken.
    pub interval: Duration,
}

impl SimulatedConfig {
    /// All ledgers of the network with these options, as fast as they are taken.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            range: LedgerRange::default(),
            interval: Duration::ZERO,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    seed: Option<u64>,
    start_ledger: Option<u32>,
    end_ledger: Option<u32>,
    protocol: Option<u32>,
    unified_events: Option<bool>,
    transactions_per_ledger: Option<u32>,
    accounts: Option<u32>,
    #[serde(default, deserialize_with = "duration_key")]
    interval: Duration,
}

impl TryFrom<Keys> for SimulatedConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let mut options = Options::default();
        options.seed = keys.seed.unwrap_or(options.seed);
        options.protocol = keys.protocol.unwrap_or(options.protocol);
        options.unified_events = keys.unified_events.unwrap_or(options.unified_events);
        options.transactions_per_ledger = keys
            .transactions_per_ledger
            .unwrap_or(options.transactions_per_ledger);
        options.accounts = keys.accounts.unwrap_or(options.accounts);
        SimulatedNetwork::new(options.clone()).map_err(|error| error.to_string())?;
        if let Some(start) = keys.start_ledger.filter(|start| *start < FIRST_LEDGER) {
            return Err(format!(
                "the first ledger of a simulated network is {FIRST_LEDGER}, not {start}"
            ));
        }
        let range = LedgerRange::new(keys.start_ledger, keys.end_ledger)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            options,
            range,
            interval: keys.interval,
        })
    }
}
