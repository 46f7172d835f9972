//! Whole pipelines in this process, over real ledgers where they are there.

use std::{fs, path::Path, sync::Arc};

use flowctl_core::{
    Chain, Outcome, PipelineSpec, Registry, RunReport, Runner,
    spec::{ComponentSpec, Config, Input, Role},
    store::{MemoryStore, Store},
};
use flowctl_stellar::{
    Network, ledger,
    simulated::{Options, SimulatedNetwork},
    token_transfer::{Mode, TokenTransfers},
};
use serde_json::{Value, json};

use crate::ledgers;

/// One source, the processor and one sink, each by name and configuration.
fn pipeline(source: (&str, Value), ttp: Value, sink: (&str, Value)) -> PipelineSpec {
    let mut pipeline = PipelineSpec::new("test".parse().unwrap());
    let parts = [
        ("in", Role::Source, source),
        ("ttp", Role::Processor, ("ttp-processor", ttp)),
        ("out", Role::Sink, sink),
    ];
    let mut before = None;
    for (id, role, (uses, config)) in parts {
        let mut component = ComponentSpec::new(id.parse().unwrap(), role);
        component.uses = Some(uses.to_owned());
        component.config = Config::new(config).unwrap();
        component.inputs = before
            .map(|before: &str| Input::new(before.parse().unwrap()))
            .into_iter()
            .collect();
        before = Some(id);
        pipeline.components.push(component);
    }
    pipeline
}

pub(crate) async fn run(pipeline: &PipelineSpec, store: Arc<dyn Store>) -> RunReport {
    let mut registry = Registry::new();
    flowctl_stellar::register(&mut registry).unwrap();
    let runner = Runner::builder(registry).store(store).build();
    runner
        .start(pipeline)
        .unwrap_or_else(|error| panic!("{error}"))
        .wait()
        .await
}

fn completed(report: &RunReport) {
    let error = report.error.as_ref().map(|error| Chain(error).to_string());
    assert_eq!(report.outcome, Outcome::Completed, "{error:?}");
}

/// What the lines of a file must be: the events of the ledgers, told one by one.
fn golden(network: &Network, mode: Mode, ledgers: &[Vec<u8>]) -> String {
    let mut transfers = TokenTransfers::new(network.clone(), mode);
    let mut lines = String::new();
    for bytes in ledgers {
        for event in transfers
            .events(&ledger::decode(bytes).unwrap())
            .unwrap()
            .events
        {
            lines += &event.to_json();
            lines.push('\n');
        }
    }
    lines
}

fn jsonl(path: &Path) -> (&'static str, Value) {
    ("jsonl", json!({ "path": path }))
}

#[tokio::test]
async fn the_events_of_real_ledgers_become_lines_with_gaps_allowed() {
    let Some(folder) = ledgers::folder("the_events_of_real_ledgers_become_lines") else {
        return;
    };
    let output = tempfile::tempdir().unwrap();
    let path = output.path().join("out.jsonl");
    let source = json!({
        "paths": [folder.join("pubnet/p13/*.xdr")],
        "network": "pubnet",
        "gaps": "allow",
    });
    let ttp = json!({ "network": "pubnet", "mode": "derived", "verify": true });
    let pipeline = pipeline(("stellar-ledger-files", source), ttp, jsonl(&path));
    let report = run(&pipeline, Arc::new(MemoryStore::new())).await;
    completed(&report);
    let all: Vec<_> = ledgers::files(&folder.join("pubnet/p13"), |_| true)
        .iter()
        .flat_map(|path| ledgers::raw(path))
        .collect();
    assert_eq!(all.len(), 8);
    assert!(fs::read_to_string(path).unwrap() == golden(&Network::pubnet(), Mode::Derived, &all));
}

#[tokio::test]
async fn every_real_file_gives_its_ledgers_in_order_and_verified() {
    let Some(folder) = ledgers::folder("every_real_file_gives_its_ledgers_in_order") else {
        return;
    };
    let files = [
        (
            "testnet/ledgers-1410048-1410367.tar.zst",
            Network::testnet(),
            320,
        ),
        ("pubnet/ledger-51000294.xdr.gz", Network::pubnet(), 1),
        ("pubnet/FCD285FF--53312000.xdr.zstd", Network::pubnet(), 1),
        (
            "load/load-test-ledgers-v23-standalone.xdr.zstd",
            Network::named("standalone").unwrap(),
            3,
        ),
        (
            "load/load-test-ledgers-v26.xdr.zstd",
            Network::new("load test network"),
            30,
        ),
        (
            "load/load-test-ledgers-v27.xdr.zstd",
            Network::new("Apply Load"),
            30,
        ),
    ];
    for (name, network, count) in files {
        let output = tempfile::tempdir().unwrap();
        let path = output.path().join("out.jsonl");
        let source = json!({
            "paths": [folder.join(name)],
            "network_passphrase": network.passphrase(),
            // The standalone one was cut out of a longer run.
            "gaps": if count == 3 { "allow" } else { "error" },
        });
        let ttp = json!({ "network_passphrase": network.passphrase(), "verify": true });
        let pipeline = pipeline(("stellar-ledger-files", source), ttp, jsonl(&path));
        let report = run(&pipeline, Arc::new(MemoryStore::new())).await;
        completed(&report);
        let mut all = ledgers::raw(&folder.join(name));
        assert_eq!(all.len(), count, "{name}");
        all.sort_by_key(|bytes| ledger::LedgerHeader::peek(bytes).unwrap().sequence);
        let found = fs::read_to_string(path).unwrap();
        assert!(found == golden(&network, Mode::Auto, &all), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_passphrase_ends_the_run_before_anything_is_written() {
    let Some(folder) = ledgers::folder("a_wrong_passphrase_ends_the_run") else {
        return;
    };
    let output = tempfile::tempdir().unwrap();
    let path = output.path().join("out.jsonl");
    let source =
        json!({ "paths": [folder.join("pubnet/ledger-51000294.xdr.gz")], "network": "testnet" });
    let ttp = json!({ "network": "testnet" });
    let pipeline = pipeline(("stellar-ledger-files", source), ttp, jsonl(&path));
    let report = run(&pipeline, Arc::new(MemoryStore::new())).await;
    assert_eq!(report.outcome, Outcome::Failed);
    let error = Chain(&report.error.unwrap()).to_string();
    assert!(error.contains(Network::testnet().passphrase()), "{error}");
    assert_eq!(fs::read_to_string(path).unwrap(), "");
}

/// A pipeline over ledgers of a simulated network, as fast as they come.
pub(crate) fn simulated(end_ledger: u32, sink: (&str, Value)) -> PipelineSpec {
    let source = json!({ "seed": 5, "end_ledger": end_ledger });
    let ttp = json!({ "network": "simulated", "verify": true });
    pipeline(("stellar-simulated-network", source), ttp, sink)
}

/// All rows of the events in a database, in order, as text.
fn rows(path: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(path).unwrap();
    let query =
        "SELECT ledger_sequence || ',' || event_index || ',' || tx_hash || ',' || kind || ','
        || coalesce(from_account, '') || ',' || coalesce(to_account, '') || ','
        || coalesce(asset, '') || ',' || amount FROM events";
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn simulated_ledgers(end_ledger: usize) -> Vec<Vec<u8>> {
    let network = SimulatedNetwork::new(Options::with_seed(5)).unwrap();
    network
        .take(end_ledger - 1)
        .map(|ledger| ledger.bytes.to_vec())
        .collect()
}

#[tokio::test]
async fn a_simulated_network_fills_both_files_and_a_raised_end_goes_on() {
    let output = tempfile::tempdir().unwrap();
    let (lines, database) = (
        output.path().join("out.jsonl"),
        output.path().join("out.db"),
    );
    for sink in [jsonl(&lines), ("sqlite", json!({ "path": database }))] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        for end in [100, 100, 200] {
            completed(&run(&simulated(end, sink.clone()), Arc::clone(&store)).await);
        }
        // With the state lost, the sink's own positions still keep it from being written twice.
        completed(&run(&simulated(200, sink), Arc::new(MemoryStore::new())).await);
    }
    let wanted = golden(
        &SimulatedNetwork::network(),
        Mode::Auto,
        &simulated_ledgers(200),
    );
    assert!(fs::read_to_string(&lines).unwrap() == wanted);
    let rows = rows(&database);
    assert_eq!(rows.len(), wanted.lines().count());
    for (row, line) in rows.iter().zip(wanted.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        let kind = row.split(',').nth(3).unwrap();
        let amount = row.split(',').nth(7).unwrap();
        assert_eq!(line[kind]["amount"], amount, "{row}");
    }
}

#[tokio::test]
async fn another_seed_behind_the_same_name_is_refused() {
    let output = tempfile::tempdir().unwrap();
    let path = output.path().join("out.jsonl");
    completed(&run(&simulated(20, jsonl(&path)), Arc::new(MemoryStore::new())).await);
    let before = fs::read(&path).unwrap();
    let mut other = simulated(20, jsonl(&path));
    other.components[0].config = Config::new(json!({ "seed": 6, "end_ledger": 20 })).unwrap();
    let report = run(&other, Arc::new(MemoryStore::new())).await;
    assert_eq!(report.outcome, Outcome::Failed);
    let error = Chain(&report.error.unwrap()).to_string();
    assert!(
        error.contains("simulated:5:") && error.contains("simulated:6:"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}
