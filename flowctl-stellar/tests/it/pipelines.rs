//! Whole pipelines in this process, over real ledgers where they are there.

use std::{fs, path::Path, sync::Arc};

use flowctl_core::{
    Chain, Outcome, PipelineSpec, Registry, RunReport, Runner,
    spec::{ComponentSpec, Config, Input, Role},
    store::{MemoryStore, Store},
};
use flowctl_stellar::{
    Network, ledger,
    token_transfer::{Mode, TokenTransfers},
};
use serde_json::{Value, json};

use crate::ledgers;

/// One source, the processor and one sink, each by name and configuration.
pub(crate) fn pipeline(source: (&str, Value), ttp: Value, sink: (&str, Value)) -> PipelineSpec {
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
