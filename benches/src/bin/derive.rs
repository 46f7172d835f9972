//! Milliseconds per real ledger to decode it and to tell its token-transfer events, on one core.
//!
//! `cargo run --release --bin derive -- FILE…`, with files of one `LedgerCloseMeta` each, plain XDR.
//! Prints the best of several rounds: what the code costs, not what the machine was doing besides.

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

const ROUNDS: usize = 100;

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the numbers are the program's result"
)]
fn main() -> ExitCode {
    println!(
        "{:>10} {:>7} {:>8} {:>9} {:>9}  file",
        "decode", "derived", "unified", "json", "events"
    );
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => measure(&path, &bytes),
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "the numbers are the program's result")]
fn measure(path: &str, bytes: &[u8]) {
    let Ok(ledger) = decode(bytes) else {
        println!("{path}: not a ledger");
        return;
    };
    let decoding = best(|| drop(black_box(decode(bytes))));
    let told = |mode| {
        let mut processor = TokenTransfers::new(Network::pubnet(), mode);
        let events = processor.events(&ledger).ok()?;
        Some((best(|| drop(black_box(processor.events(&ledger)))), events))
    };
    let milliseconds = |time: Option<Duration>| match time {
        Some(time) => format!("{:.3}", time.as_secs_f64() * 1e3),
        None => "-".to_owned(),
    };
    let (derived, unified) = (told(Mode::Derived), told(Mode::Unified));
    let mut json = Vec::new();
    let writing = derived.as_ref().map(|(_, told)| {
        best(|| {
            json.clear();
            for event in &told.events {
                event.write_json(&mut json);
            }
        })
    });
    let events = derived.as_ref().map_or(0, |(_, told)| told.events.len());
    println!(
        "{:>10} {:>7} {:>8} {:>9} {:>9}  {path}",
        milliseconds(Some(decoding)),
        milliseconds(derived.map(|(time, _)| time)),
        milliseconds(unified.map(|(time, _)| time)),
        milliseconds(writing),
        events,
    );
}

fn best(mut run: impl FnMut()) -> Duration {
    let round = |()| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    std::iter::repeat_n((), ROUNDS)
        .map(round)
        .min()
        .unwrap_or_default()
}
