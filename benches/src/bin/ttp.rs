//! Our token-transfer events of ledgers in files, or how long they take: the counterpart of
//! `benches/peers/go-ttp`, with the same flags and the same output.

use std::{
    error::Error,
    fmt::Write as _,
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use flowctl_benches::Failure;
use flowctl_stellar::{
    Network,
    format::{DEFAULT_MAX_LEDGER_BYTES, LedgerReader, RawLedger},
    ledger::decode,
    token_transfer::{self, TokenTransfers},
};
use serde_json::json;

/// Print or time the token-transfer events of ledgers.
#[derive(Parser)]
struct Options {
    /// The network's passphrase.
    #[arg(long)]
    passphrase: String,
    /// From operations and entry changes, or core's own events.
    #[arg(long, value_enum, default_value = "derived")]
    mode: Mode,
    /// Also compare the events with the balance changes of each transaction and operation.
    #[arg(long)]
    verify: bool,
    /// Decode whole ledgers first, not only what their events need.
    #[arg(long)]
    full: bool,
    /// Where events go, one JSON object a line [default: stdout].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where failed ledgers go, one JSON object a line [default: stderr].
    #[arg(long)]
    errors: Option<PathBuf>,
    /// Instead of events, print the median times of so many repeats as JSON.
    #[arg(long)]
    time: Option<usize>,
    /// Files of ledgers; stdin if there is none.
    inputs: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Derived,
    Unified,
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let ledgers = read(&options.inputs)?;
    let mode = match options.mode {
        Mode::Derived => token_transfer::Mode::Derived,
        Mode::Unified => token_transfer::Mode::Unified,
    };
    let transfers = TokenTransfers::new(Network::new(&options.passphrase), mode);
    let mut processor = Processor {
        transfers,
        full: options.full,
        verify: options.verify,
    };
    let mut out = create(options.out, io::stdout())?;
    if let Some(repeats) = options.time {
        for ledger in &ledgers {
            writeln!(out, "{}", processor.times(ledger, repeats)?)?;
        }
    } else {
        let mut errors = create(options.errors, io::stderr())?;
        for ledger in &ledgers {
            processor.print_events(ledger, &mut out, &mut errors)?;
        }
        errors.flush()?;
    }
    Ok(out.flush()?)
}

/// Every ledger of the files, or of stdin if there is no file, ordered by sequence.
fn read(paths: &[PathBuf]) -> Result<Vec<RawLedger>, Failure> {
    let limit = DEFAULT_MAX_LEDGER_BYTES;
    let mut ledgers = Vec::new();
    if paths.is_empty() {
        ledgers =
            LedgerReader::new("stdin", Box::new(io::stdin()), limit)?.collect::<Result<_, _>>()?;
    }
    for path in paths {
        for ledger in LedgerReader::open(path, limit)? {
            ledgers.push(ledger?);
        }
    }
    ledgers.sort_by_key(|ledger: &RawLedger| ledger.header.sequence);
    Ok(ledgers)
}

fn create(path: Option<PathBuf>, fallback: impl Write + 'static) -> io::Result<Box<dyn Write>> {
    Ok(match path {
        Some(path) => Box::new(BufWriter::new(File::create(path)?)),
        None => Box::new(BufWriter::new(fallback)),
    })
}

struct Processor {
    transfers: TokenTransfers,
    full: bool,
    verify: bool,
}

impl Processor {
    /// Writes a ledger's events in order. One that fails writes no event and one line to `errors`.
    fn print_events(
        &mut self,
        raw: &RawLedger,
        out: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> Result<(), Failure> {
        let told = if self.full {
            self.transfers.events(&decode(&raw.bytes)?)
        } else {
            self.transfers.events_of_xdr(&raw.bytes)
        };
        let told = match told {
            Ok(told) => told,
            Err(cause) => {
                let failed = json!({"error": chain(&cause), "ledger": raw.header.sequence});
                writeln!(errors, "{failed}")?;
                return Ok(());
            }
        };
        let mut lines = Vec::new();
        for event in &told.events {
            event.write_json(&mut lines);
            lines.push(b'\n');
        }
        out.write_all(&lines)?;
        if self.verify
            && let Err(cause) = token_transfer::verify(&decode(&raw.bytes)?, &told.events)
        {
            let failed = json!({"ledger": raw.header.sequence, "verify": chain(&cause)});
            writeln!(errors, "{failed}")?;
        }
        Ok(())
    }

    /// What one ledger takes: the medians over the repeats, in milliseconds. The total holds the freeing
    /// of what was decoded too, as Go's holds the work of its garbage collector; its two parts are told
    /// only where there are two.
    fn times(&mut self, raw: &RawLedger, repeats: usize) -> Result<serde_json::Value, Failure> {
        let (mut decoding, mut deriving, mut total) = (Vec::new(), Vec::new(), Vec::new());
        let mut events = 0;
        for _ in 0..repeats {
            let start = Instant::now();
            if self.full {
                let ledger = decode(&raw.bytes)?;
                let decoded = start.elapsed();
                events = self.transfers.events(&ledger)?.events.len();
                deriving.push(start.elapsed() - decoded);
                decoding.push(decoded);
            } else {
                events = self.transfers.events_of_xdr(&raw.bytes)?.events.len();
            }
            total.push(start.elapsed());
        }
        Ok(json!({
            "ledger": raw.header.sequence,
            "bytes": raw.bytes.len(),
            "events": events,
            "decode_ms": median_ms(decoding),
            "derive_ms": median_ms(deriving),
            "total_ms": median_ms(total),
        }))
    }
}

fn median_ms(mut times: Vec<Duration>) -> Option<f64> {
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .map(|median| median.as_secs_f64() * 1e3)
}

/// An error with its causes, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _written = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
