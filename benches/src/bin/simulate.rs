//! Writes ledgers of a simulated network to stdout, as a framed stream.

use std::io::{self, BufWriter, Write};

use clap::Parser;
use flowctl_benches::Failure;
use flowctl_stellar::simulated::{FIRST_LEDGER, Options, ProtocolUpgrade, SimulatedNetwork};

/// Write ledgers of a simulated network to stdout, as a framed stream.
#[derive(Parser)]
struct Arguments {
    /// How many ledgers.
    #[arg(long, default_value_t = 2_000)]
    ledgers: u32,
    /// Which network.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The protocols that the ledgers pass through, in equal stretches.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 7, 8, 11, 13, 17, 19, 20, 21, 22, 23, 26])]
    protocols: Vec<u32>,
    /// Leave out core's own events, so that each protocol has its own form of meta.
    #[arg(long)]
    no_unified_events: bool,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let network = SimulatedNetwork::new(options(&arguments)?)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for ledger in network.take(usize::try_from(arguments.ledgers)?) {
        let head = u32::try_from(ledger.bytes.len())? | 1 << 31;
        out.write_all(&head.to_be_bytes())?;
        out.write_all(&ledger.bytes)?;
    }
    Ok(out.flush()?)
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let (&first, later) = arguments
        .protocols
        .split_first()
        .ok_or("no protocol is given")?;
    let stretch = arguments.ledgers / u32::try_from(arguments.protocols.len())?;
    let mut options = Options::with_seed(arguments.seed);
    options.protocol = first;
    options.unified_events = !arguments.no_unified_events;
    options.upgrades = (1..)
        .zip(later)
        .map(|(number, &protocol)| ProtocolUpgrade {
            sequence: FIRST_LEDGER + number * stretch,
            protocol,
        })
        .collect();
    Ok(options)
}
