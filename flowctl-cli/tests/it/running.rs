//! Runs that come to their end.

use std::{fs, path::Path};

use rusqlite::Connection;

use crate::{process::Place, specs};

/// The example that everybody tries first, a tenth of its size.
#[test]
fn the_quickstart_ends_by_itself_and_leaves_rows() {
    let place = Place::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart.yaml");
    fs::copy(example, place.path("quickstart.yaml")).unwrap();
    let arguments = [
        "run",
        "quickstart.yaml",
        "--set",
        "spec.sources[network].config.end_ledger=201",
    ];
    let ended = place.flowctl(&arguments).exits(0);
    let (stdout, stderr) = (&ended.stdout, &ended.stderr);

    let first = stderr.lines().next().unwrap();
    assert!(
        first.starts_with("quickstart: 4 components in this process, first run, state in "),
        "{first}"
    );
    assert!(
        stderr.contains("network → ttp → store\n                → console\n"),
        "{stderr}"
    );
    assert!(stderr.contains("\ndone: network 200 → store "), "{stderr}");
    assert!(
        stderr.contains("; everything up to 201 of network is durable\n"),
        "{stderr}"
    );
    let last = stderr.lines().last().unwrap();
    let next = "next: sqlite3 quickstart.db 'SELECT ";
    assert!(last.starts_with(next), "{last}");
    assert!(!stdout.is_empty(), "the console shows events on stdout");
    assert!(
        !stderr.contains('\u{1b}') && !stdout.contains('\u{1b}'),
        "a pipe gets no colour"
    );

    let events: i64 = Connection::open(place.path("quickstart.db"))
        .unwrap()
        .query_row("select count(*) from events", [], |row| row.get(0))
        .unwrap();
    assert!(
        stderr.contains(&format!("store {}", separated(events))),
        "{events} rows, {stderr}"
    );
}

fn separated(count: i64) -> String {
    match count {
        0..1_000 => count.to_string(),
        _ => format!("{},{:03}", count / 1_000, count % 1_000),
    }
}

#[test]
fn colour_is_there_when_it_is_asked_for() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("colour", 2, specs::JSONL));
    let ended = place
        .flowctl(&["run", "p.yaml", "--color", "always"])
        .exits(0);
    assert!(
        ended.stderr.contains("\u{1b}[1m\u{1b}[32mdone"),
        "{:?}",
        ended.stderr
    );
}

#[test]
fn a_reader_of_the_console_that_goes_away_ends_nothing_badly() {
    let place = Place::new();
    place.write(
        "p.yaml",
        &specs::simulated("pipe", 1_000_000, specs::CONSOLE).replace("limit: 3", "limit: 0"),
    );
    let mut child = place.start(&["run", "p.yaml"]);
    drop(child.stdout.take());
    let ended = crate::process::end(child);
    let ended = ended.exits(0);
    assert!(
        ended
            .stderr
            .contains("draining (nobody reads stdout any more)"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("\ndrained: "), "{}", ended.stderr);
}

#[test]
fn a_pipeline_that_this_version_cannot_start_says_what_is_missing() {
    let place = Place::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ttp-pipeline.yaml");
    let told = place
        .flowctl(&["run", example.to_str().unwrap()])
        .exits(4)
        .stderr;
    assert!(
        told.starts_with(
            "error[F302]: nothing here can start `stellar-live-source`, `ttp-processor` and \
             `consumer-app`, which ask for `image`\n  help: `--executor process` "
        ),
        "{told}"
    );
    assert!(!place.path("state").exists());
}
