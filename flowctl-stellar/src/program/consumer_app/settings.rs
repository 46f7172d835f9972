use flowctl_grpc::Address;

use super::store::Store;
use crate::{
    Network,
    program::{
        ledger_source::read_network,
        settings::HEALTH_PORT,
        values::{Inputs, ListenAddress},
        variables::{Value as _, Variable, Variables},
    },
    source::LedgerRange,
};

/// What the consumer reads, and where it keeps it.
#[derive(Clone, Debug)]
pub(super) struct ConsumerSettings {
    pub(super) service: Address,
    /// The id of the component that is read, which is the source of its rows.
    pub(super) source: String,
    pub(super) network: Option<Network>,
    pub(super) range: LedgerRange,
    pub(super) store: Store,
    /// Where the pages are served as well.
    pub(super) pages: Option<ListenAddress>,
}

const SERVICE: Variable = Variable::new(
    &["TTP_SERVICE_ADDRESS"],
    "the `host:port` of the processor's token_transfer_service.EventService",
)
.example("localhost:50051");
const INPUTS: Variable = Variable::new(
    &["FLOWCTL_INPUTS"],
    "whom to read, as flowctl says it; the first is read where nothing else names a processor",
);
const START: Variable = Variable::new(
    &["START_LEDGER"],
    "the first ledger; 0 is where the processor's source begins by itself",
);
const END: Variable = Variable::new(&["END_LEDGER"], "the last ledger; 0 goes on for ever");
const STORE: Variable = Variable::new(
    &["CONSUMER_STORE"],
    "where the events are kept: stdout, jsonl:PATH or sqlite:PATH",
);
pub(super) const PAGES_PORT: Variable = Variable::new(
    &["PORT"],
    "a second port that /health, /ready, /live and /metrics are served on",
);

/// Where upstream's processor serves, and how it is called.
const DEFAULT_SERVICE: &str = "localhost:50051";
const DEFAULT_SOURCE: &str = "ttp-processor";
/// The first ledger that any network tells: ledger 1 is its genesis.
const FIRST_LEDGER: u32 = 2;

impl ConsumerSettings {
    /// Reads them. The range is in the arguments, as upstream's consumer has it, or else in variables.
    pub(super) fn read(variables: &mut Variables, arguments: &[String]) -> Option<Self> {
        let named = variables.optional(SERVICE);
        let inputs = variables.optional::<Inputs>(INPUTS);
        let first = inputs.and_then(|Inputs(inputs)| inputs.into_iter().next());
        let (source, input) = first.unzip();
        let service = named
            .or(input)
            .or_else(|| Address::read(DEFAULT_SERVICE).ok());
        let start = variables.or(START, 0);
        let end = variables.or(END, 0);
        let told = told(variables, arguments);
        let range = match told {
            Some((start, end)) => range(variables, start, end.unwrap_or(0)),
            None => range(variables, start, end),
        };
        let store = variables.or(STORE, Store::Stdout);
        let pages = variables.optional(PAGES_PORT);
        variables.without_effect(["GRPC_PORT"], "nothing is served over gRPC");
        let network = read_network(variables);
        Some(Self {
            service: service?,
            source: source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned()),
            network,
            range: range?,
            store,
            pages,
        })
    }

    /// Where the pages are served besides `HEALTH_PORT`, if that is another port.
    pub(super) fn second_pages(&self, health: &ListenAddress) -> Option<&ListenAddress> {
        let pages = self.pages.as_ref();
        pages.filter(|pages| pages.port != health.port || pages.port == 0)
    }
}

/// The range in the arguments: `START END`, with what `npm start --` leaves in front of it.
fn told(variables: &mut Variables, arguments: &[String]) -> Option<(u32, Option<u32>)> {
    let words = arguments.iter().map(String::as_str);
    let words = words.skip_while(|word| matches!(*word, "run" | "start" | "--"));
    let mut numbers = Vec::new();
    for word in words {
        match word.parse::<u32>() {
            Ok(number) if numbers.len() < 2 => numbers.push(number),
            _ => {
                variables.refuse(
                    format!("`{word}`"),
                    "is not understood",
                    "give the first and the last ledger: `consumer-app 2 100`, or nothing",
                );
                return None;
            }
        }
    }
    match *numbers {
        [start] => Some((start, None)),
        [start, end] => Some((start, Some(end))),
        _ => None,
    }
}

fn range(variables: &mut Variables, start: u32, end: u32) -> Option<LedgerRange> {
    let start = Some(start).filter(|start| *start > 0);
    let start = start.map(|start| start.max(FIRST_LEDGER));
    let end = Some(end).filter(|end| *end > 0);
    let range = LedgerRange::new(start, end);
    if range.is_err() {
        variables.refuse(
            END.name(),
            format!(
                "is {}, below the first ledger, {}",
                end.unwrap_or(0),
                start.unwrap_or(0)
            ),
            "set it to 0 to go on for ever, or to a later ledger",
        );
    }
    range.ok()
}

/// The default of `HEALTH_PORT` is that of upstream's consumer.
pub(super) const HEALTH: (Variable, u16) = (HEALTH_PORT, 8093);

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::program::variables::Problems;

    fn read(arguments: &str, set: &[(&str, &str)]) -> Result<ConsumerSettings, Problems> {
        let set = set
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let mut variables = Variables::new(set);
        let arguments: Vec<_> = arguments.split_whitespace().map(str::to_owned).collect();
        let settings = ConsumerSettings::read(&mut variables, &arguments);
        variables.finish(settings)
    }

    #[test]
    fn the_range_is_in_the_arguments_or_else_in_variables() {
        let set = [("START_LEDGER", "1"), ("END_LEDGER", "30")];
        let is = |start, end| LedgerRange::new(start, end).unwrap();
        for (arguments, set, range) in [
            ("", &[][..], is(None, None)),
            ("", &set[..], is(Some(2), Some(30))),
            ("start", &set[..], is(Some(2), Some(30))),
            ("7 9", &set[..], is(Some(7), Some(9))),
            ("start -- 7 9", &set[..], is(Some(7), Some(9))),
            ("run start -- 7", &set[..], is(Some(7), None)),
            ("0 0", &set[..], is(None, None)),
            (
                "",
                &[("END_LEDGER", "0"), ("START_LEDGER", "1")][..],
                is(Some(2), None),
            ),
        ] {
            assert_eq!(
                read(arguments, set).unwrap().range,
                range,
                "{arguments} {set:?}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (arguments, set, word) in [
            ("9 7", &[][..], "END_LEDGER is 7"),
            ("x", &[][..], "`x` is not understood"),
            ("1 2 3", &[][..], "`3` is not understood"),
            ("", &[("CONSUMER_STORE", "oracle")][..], "sqlite:PATH"),
            (
                "",
                &[("TTP_SERVICE_ADRESS", "a:1")][..],
                "TTP_SERVICE_ADDRESS",
            ),
        ] {
            let problems = read(arguments, set).unwrap_err().to_string();
            assert!(problems.contains(word), "{word}: {problems}");
        }
    }

    #[test]
    fn the_pages_are_served_on_the_port_of_the_seed_too() {
        let settings = read("", &[("PORT", "3000")]).unwrap();
        let health = |port| ListenAddress::port(port);
        assert_eq!(settings.second_pages(&health(3000)), None);
        assert_eq!(settings.second_pages(&health(8093)), Some(&health(3000)));
        assert_eq!(read("", &[]).unwrap().second_pages(&health(8093)), None);
    }
}
