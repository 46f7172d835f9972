//! Milliseconds per real ledger to decode it and to tell its token-transfer events, on one core.
//!
//! `cargo run --release --bin derive -- FILE…`, with files of one `LedgerCloseMeta` each, plain XDR.
//! Prints the best of several rounds: what the code costs, not what the machine was doing besides.
//! Every figure includes giving back the memory.

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use flowctl_stellar::{
    Network,
    ledger::decode,
    token_transfer::{Mode, TokenTransfers},
};

const ROUNDS: usize = 200;

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the numbers are the program's result"
)]
fn main() -> ExitCode {
    println!("  decode +derived +unified  XDR→derived XDR→unified    JSON  events  file");
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => println!("{}  {path}", measure(&bytes)),
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn measure(bytes: &[u8]) -> String {
    let Ok(ledger) = decode(bytes) else {
        return "not a ledger".to_owned();
    };
    let of_ledger = |mode| {
        let mut processor = TokenTransfers::new(Network::pubnet(), mode);
        processor.events(&ledger).ok()?;
        Some(best(|| drop(black_box(processor.events(&ledger)))))
    };
    let of_xdr = |mode| {
        let mut processor = TokenTransfers::new(Network::pubnet(), mode);
        processor.events_of_xdr(bytes).ok()?;
        Some(best(|| drop(black_box(processor.events_of_xdr(bytes)))))
    };
    let told = TokenTransfers::new(Network::pubnet(), Mode::Auto).events(&ledger);
    let events = told.map(|told| told.events).unwrap_or_default();
    let mut json = Vec::new();
    let writing = best(|| {
        json.clear();
        events.iter().for_each(|event| event.write_json(&mut json));
        black_box(&json);
    });
    let milliseconds = |time: Option<Duration>| {
        time.map_or("-".to_owned(), |time| {
            format!("{:.3}", time.as_secs_f64() * 1e3)
        })
    };
    format!(
        "{:>8} {:>8} {:>8} {:>12} {:>11} {:>7} {:>7}",
        milliseconds(Some(best(|| drop(black_box(decode(bytes)))))),
        milliseconds(of_ledger(Mode::Derived)),
        milliseconds(of_ledger(Mode::Unified)),
        milliseconds(of_xdr(Mode::Derived)),
        milliseconds(of_xdr(Mode::Unified)),
        milliseconds(Some(writing)),
        events.len(),
    )
}

fn best(mut run: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    rounds.min().unwrap_or_default()
}
