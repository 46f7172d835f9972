use std::time::Duration;

use super::growth::Growth;
use crate::{
    program::{
        simulated_options::read_options,
        values::{Interval, ListenAddress},
        variables::{Variable, Variables},
    },
    simulated::{FIRST_LEDGER, Options},
};

/// What the server serves, and where.
#[derive(Clone, Debug)]
pub(super) struct RpcServerSettings {
    pub(super) address: ListenAddress,
    pub(super) options: Options,
    pub(super) growth: Growth,
}

/// Where JSON-RPC is served.
pub(super) const RPC_PORT: Variable =
    Variable::new(&["RPC_PORT", "PORT"], "the port that JSON-RPC is served on").agree();
const FIRST: Variable = Variable::new(&["FIRST_LEDGER"], "the oldest ledger at the start");
const LATEST: Variable = Variable::new(
    &["LATEST_LEDGER"],
    "the newest ledger at the start; unset, it is the 99th after the oldest",
);
const LAST: Variable = Variable::new(
    &["LAST_LEDGER"],
    "the last ledger that ever closes; unset, the network goes on for ever",
);
const INTERVAL: Variable =
    Variable::new(&["LEDGER_INTERVAL"], "the time from one ledger to the next");
const RETENTION: Variable = Variable::new(
    &["RETENTION_LEDGERS"],
    "how many ledgers are kept; the default is 7 days of 5 s each",
);

/// The port on which the containers of the Stellar Development Foundation serve RPC.
const DEFAULT_PORT: u16 = 8000;
/// As a stellar-rpc server keeps by default.
const DEFAULT_RETENTION: u32 = 120_960;

impl RpcServerSettings {
    /// Reads them.
    pub(super) fn read(variables: &mut Variables) -> Option<Self> {
        variables.without_effect(["GRPC_PORT"], "nothing is served over gRPC");
        let address = variables.or(RPC_PORT, ListenAddress::port(DEFAULT_PORT));
        let options = read_options(variables);
        let first = variables.or(FIRST, FIRST_LEDGER);
        let last = variables.optional::<u32>(LAST);
        let latest = variables.optional::<u32>(LATEST);
        let Interval(interval) = variables.or(INTERVAL, Interval(Duration::from_secs(5)));
        let retention = variables.or(RETENTION, DEFAULT_RETENTION);

        if first < FIRST_LEDGER {
            let fix = format!("set it to {FIRST_LEDGER} or above");
            variables.refuse(FIRST.name(), format!("is {first}"), fix);
        }
        if retention == 0 {
            variables.refuse(RETENTION.name(), "is 0", "set it to 1 or above");
        }
        let unset = first.saturating_add(99).min(last.unwrap_or(u32::MAX));
        let latest = latest.unwrap_or(unset);
        if latest < first {
            let fix = format!("set it to {first} (FIRST_LEDGER) or above");
            variables.refuse(LATEST.name(), format!("is {latest}"), fix);
        }
        if let Some(last) = last
            && last < latest
        {
            let fix = format!("set it to {latest} (LATEST_LEDGER) or above");
            variables.refuse(LAST.name(), format!("is {last}"), fix);
        }
        Some(Self {
            address,
            options,
            growth: Growth {
                first,
                latest,
                last,
                interval,
                retention,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::program::variables::Problems;

    fn read(set: &[(&str, &str)]) -> Result<RpcServerSettings, Problems> {
        let set = set
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let mut variables = Variables::new(set);
        let settings = RpcServerSettings::read(&mut variables);
        variables.finish(settings)
    }

    #[test]
    fn the_defaults_make_a_network() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.address, ListenAddress::port(8000));
        assert_eq!((settings.growth.first, settings.growth.latest), (2, 101));
        assert_eq!(read(&[("LAST_LEDGER", "9")]).unwrap().growth.latest, 9);
        let upgraded = read(&[("PROTOCOL", "20"), ("PROTOCOL_UPGRADES", "5:22, 9:23")]).unwrap();
        assert_eq!(upgraded.options.upgrades.len(), 2);
    }

    #[test]
    fn what_makes_no_network_is_told() {
        for (name, value, word) in [
            ("PROTOCOL", "99", "99"),
            ("PROTOCOL_UPGRADES", "5", "expected"),
            ("PROTOCOL_UPGRADES", "5:3", "does not come after"),
            ("FIRST_LEDGER", "1", "2 or above"),
            ("LATEST_LEDGER", "1", "FIRST_LEDGER"),
            ("LAST_LEDGER", "1", "is 1"),
            ("RETENTION_LEDGERS", "0", "is 0"),
            ("LEDGER_INTERVAL", "0", "above 0"),
            ("ACCOUNTS", "1", "accounts"),
        ] {
            let problems = read(&[(name, value)]).unwrap_err();
            assert!(problems.to_string().contains(word), "{name}: {problems}");
        }
    }
}
