//! The three programs of a token-transfer pipeline, against the same pipeline in one process.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
};

use flowctl_core::{Outcome, store::MemoryStore};
use serde_json::json;

use super::running::Running;
use crate::pipelines::{run, simulated};

/// The seed of the one-process pipeline.
const SEED: &str = "5";

/// How many ledgers the tests read; `FLOWCTL_TEST_CHAIN` says how many for a longer look.
fn last() -> u32 {
    let last = std::env::var("FLOWCTL_TEST_CHAIN").ok();
    last.map_or(200, |last| last.parse().unwrap())
}

/// A port that nobody has just now.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn source(port: &str) -> Running {
    Running::start(
        "stellar-live-source",
        &[
            ("BACKEND_TYPE", "SIMULATED"),
            ("SEED", SEED),
            ("PORT", port),
        ],
    )
}

fn processor(source: &str, port: &str) -> Running {
    Running::start(
        "ttp-processor",
        &[
            ("SOURCE_SERVICE_ADDRESS", source),
            ("STELLAR_NETWORK", "simulated"),
            ("PORT", port),
        ],
    )
}

fn consumer(processor: &str, store: &str, end: u32) -> Running {
    let end = end.to_string();
    Running::start(
        "consumer-app",
        &[
            ("TTP_SERVICE_ADDRESS", processor),
            ("STELLAR_NETWORK", "simulated"),
            ("START_LEDGER", "1"),
            ("END_LEDGER", &end),
            ("CONSUMER_STORE", store),
        ],
    )
}

/// Everything in a database's rows but the id of the source, as text.
fn rows(path: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(path).unwrap();
    let mut statement = database
        .prepare("SELECT * FROM events ORDER BY ledger_sequence, event_index, branch")
        .unwrap();
    let count = statement.column_count();
    let rows = statement
        .query_map([], |row| {
            let values = (1..count).map(|column| Ok(format!("{:?}", row.get_ref(column)?)));
            Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// What one process writes: the lines and the rows.
async fn wanted(folder: &Path, last: u32) -> (Vec<u8>, Vec<String>) {
    let (lines, database) = (folder.join("one.jsonl"), folder.join("one.db"));
    for sink in [
        ("jsonl", json!({ "path": lines })),
        ("sqlite", json!({ "path": database })),
    ] {
        let report = run(&simulated(last, sink), Arc::new(MemoryStore::new())).await;
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.error);
    }
    (std::fs::read(lines).unwrap(), rows(&database))
}

fn ended_well(consumer: Running) {
    let ended = consumer.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.text());
}

fn paths(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("three.jsonl"), folder.join("three.db"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_programs_write_what_one_process_writes() {
    let (folder, last) = (tempfile::tempdir().unwrap(), last());
    let (wanted_lines, wanted_rows) = wanted(folder.path(), last).await;
    // In the wrong order: whoever is early waits for whom it reads.
    let (at_source, at_processor) = (free(), free());
    let (lines, database) = paths(folder.path());
    let consumers = [
        consumer(&at_processor, &format!("jsonl:{}", lines.display()), last),
        consumer(
            &at_processor,
            &format!("sqlite:{}", database.display()),
            last,
        ),
    ];
    let processor = processor(&at_source, &at_processor);
    let source = source(&at_source);
    for consumer in consumers {
        ended_well(consumer);
    }
    assert!(std::fs::read(&lines).unwrap() == wanted_lines);
    assert!(rows(&database) == wanted_rows);
    // A consumer that has everything ends at once, and writes nothing.
    ended_well(consumer(
        &at_processor,
        &format!("sqlite:{}", database.display()),
        last,
    ));
    assert!(rows(&database) == wanted_rows);
    for program in [processor, source] {
        program.terminate();
        assert_eq!(program.ended().code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_program_is_killed_nothing_is_lost_or_doubled() {
    let (folder, last) = (tempfile::tempdir().unwrap(), last() / 2);
    let (wanted_lines, wanted_rows) = wanted(folder.path(), last).await;
    let (at_source, at_processor) = (free(), free());
    let (lines, database) = paths(folder.path());
    let stores = [
        format!("jsonl:{}", lines.display()),
        format!("sqlite:{}", database.display()),
    ];
    let mut source_runs = source(&at_source);
    let mut processor_runs = processor(&at_source, &at_processor);
    source_runs.wait_for("serving grpc");
    processor_runs.wait_for("serving grpc");
    // Each round reads a stretch, and one of the programs is killed while it does.
    for (round, end) in (1..=6).map(|round| (round, last * round / 6)) {
        let mut consumers: Vec<_> = stores
            .iter()
            .map(|store| consumer(&at_processor, store, end))
            .collect();
        for consumer in &mut consumers {
            consumer.wait_for("events come from there");
        }
        match round % 3 {
            0 => {
                drop(source_runs);
                source_runs = source(&at_source);
            }
            1 => {
                drop(processor_runs);
                processor_runs = processor(&at_source, &at_processor);
            }
            _ => {
                drop(consumers);
                consumers = stores
                    .iter()
                    .map(|store| consumer(&at_processor, store, end))
                    .collect();
            }
        }
        for consumer in consumers {
            ended_well(consumer);
        }
    }
    assert!(std::fs::read(&lines).unwrap() == wanted_lines);
    assert!(rows(&database) == wanted_rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_consumer_drains_and_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, _) = paths(folder.path());
    let (at_source, at_processor) = (free(), free());
    let mut source = source(&at_source);
    let mut processor = processor(&at_source, &at_processor);
    source.wait_for("serving grpc");
    processor.wait_for("serving grpc");
    let mut consumer = consumer(&at_processor, &format!("jsonl:{}", lines.display()), 0);
    consumer.wait_for("events come from there");
    while std::fs::metadata(&lines).map_or(0, |file| file.len()) < 10_000 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    consumer.terminate();
    ended_well(consumer);
    processor.terminate();
    assert_eq!(processor.ended().code, Some(0));
    // What is kept is a beginning of what one process writes, and ends with a whole ledger.
    let text = std::fs::read_to_string(&lines).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let ledger = u32::try_from(last["meta"]["ledger_sequence"].as_u64().unwrap()).unwrap();
    let (wanted, _) = wanted(folder.path(), ledger).await;
    assert!(text.as_bytes() == wanted);
}
