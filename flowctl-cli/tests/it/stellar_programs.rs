//! The token-transfer pipeline as programs: what they write is what one process writes, also when
//! `kill -9` ends them, or flowctl, at random instants.
//!
//! A few kills of a small run by default. The long run:
//! `FLOWCTL_PROGRAM_KILLS=50 FLOWCTL_PROGRAM_LEDGERS=2000`.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{Connection, types::Value};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    kill::{Instants, setting},
    process::{Place, Stopped, end, pause, signal},
    required::skip,
};

const PROGRAMS: [&str; 4] = [
    "simulated-rpc",
    "stellar-live-source",
    "ttp-processor",
    "consumer-app",
];

/// The folder of the programs: beside `flowctl`, where a build of the workspace puts them.
fn programs(test: &str) -> Option<PathBuf> {
    let flowctl = Path::new(env!("CARGO_BIN_EXE_flowctl"));
    let folder = flowctl.parent().unwrap();
    if PROGRAMS.iter().all(|name| folder.join(name).exists()) {
        return Some(folder.to_owned());
    }
    skip(
        test,
        "programs",
        "build the workspace, which makes the programs: cargo build --workspace",
    );
    None
}

/// Three programs and a service; the last edge is flowctl's where `sink` is its own component.
fn pipeline(ledgers: u64, sink: &str) -> String {
    let last = ledgers + 1;
    format!(
        r#"apiVersion: flowctl/v1
kind: Pipeline
metadata: {{name: chain}}
spec:
  services:
    - id: simulated-rpc
      command: [./simulated-rpc]
      ports: [{{containerPort: 8000}}]
      env: {{LATEST_LEDGER: "{last}", TRANSACTIONS_PER_LEDGER: "2", ACCOUNTS: "20"}}
  sources:
    - id: stellar-live-source
      command: [./stellar-live-source]
      output_event_types: [stellar.ledger]
      depends_on: [simulated-rpc]
      restart: {{policy: on-failure, backoff: {{base: 10ms, cap: 100ms}}, budget: {{restarts: 1000, window: 10m}}}}
      env: {{RPC_ENDPOINT: "http://simulated-rpc:8000", NETWORK_PASSPHRASE: "flowctl simulated network ; v1"}}
  processors:
    - id: ttp-processor
      command: [./ttp-processor]
      inputs: [stellar-live-source]
      output_event_types: [token.transfer]
      restart: {{policy: on-failure, backoff: {{base: 10ms, cap: 100ms}}, budget: {{restarts: 1000, window: 10m}}}}
      env: {{START_LEDGER: "2", END_LEDGER: "{last}"}}
  sinks:
{sink}
"#
    )
}

const SQLITE: &str =
    "    - {id: store, use: sqlite, inputs: [ttp-processor], config: {path: out.db}}";

fn consumer(ledgers: u64) -> String {
    format!(
        r#"    - id: consumer-app
      command: [./consumer-app]
      inputs: [ttp-processor]
      env: {{START_LEDGER: "2", END_LEDGER: "{}", CONSUMER_STORE: "sqlite:out.db"}}"#,
        ledgers + 1
    )
}

/// Every row of the events; the first column names the source, which is another in one process.
fn rows(place: &Place) -> String {
    let database = Connection::open(place.path("out.db")).unwrap();
    let query = "select * from events order by source, ledger_sequence, event_index, branch";
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values: Result<Vec<Value>, _> = (1..columns).map(|column| row.get(column)).collect();
        Ok(format!("{:?}\n", values?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What one process writes.
fn golden(ledgers: u64) -> String {
    let place = Place::new();
    let ledgers = u32::try_from(ledgers).unwrap();
    place.write(
        "p.yaml",
        &crate::specs::simulated("golden", ledgers, crate::specs::SQLITE),
    );
    place.flowctl(&["run", "p.yaml"]).exits(0);
    rows(&place)
}

/// The processes of this place, by the name of their program. They are found by the folder that they
/// work in, which nobody else does.
fn running(place: &Place) -> Vec<(String, Pid)> {
    let folder = std::fs::canonicalize(place.folder()).unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let found = processes.filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let works_in = std::fs::read_link(process.path().join("cwd")).ok()?;
        let program = std::fs::read_link(process.path().join("exe")).ok()?;
        let name = program.file_name()?.to_str()?.to_owned();
        let ours = works_in == folder && PROGRAMS.contains(&name.as_str());
        ours.then_some((name, Pid::from_raw(pid)?))
    });
    found.collect()
}

/// Stops what a test that fails would leave.
fn guard(place: &Place) -> Stopped<'_> {
    Stopped {
        place,
        name: "p.yaml",
    }
}

/// Whether the run has come up: the sink, which flowctl carries, is past its start.
fn is_up(place: &Place) -> bool {
    let shown = place.flowctl(&["ps", "--output", "json"]).stdout;
    let runs = shown
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut components = runs
        .filter_map(|run| run["components"].as_array().cloned())
        .flatten();
    components.any(|component| {
        let state = component["state"].as_str().unwrap_or_default();
        component["component"] == "store" && state != "waiting" && state != "starting"
    })
}

#[test]
fn three_programs_write_what_one_process_writes_and_leave_nothing_behind() {
    if programs("three_programs_write_what_one_process_writes").is_none() {
        return;
    }
    let ledgers = setting("FLOWCTL_PROGRAM_LEDGERS", 200);
    let golden = golden(ledgers);
    for sink in [consumer(ledgers), SQLITE.to_owned()] {
        let place = Place::new();
        place.write("p.yaml", &pipeline(ledgers, &sink));
        let _guard = guard(&place);
        let ended = place.flowctl(&["run", "p.yaml"]).exits(0);
        assert!(rows(&place) == golden, "the rows differ\n{}", ended.stderr);
        assert_eq!(running(&place), []);
        let again = place.flowctl(&["run", "p.yaml"]).exits(0);
        assert!(
            rows(&place) == golden,
            "the rows differ after another run\n{}",
            again.stderr
        );
    }
}

#[test]
fn whoever_is_killed_the_rows_are_those_of_one_process() {
    if programs("whoever_is_killed").is_none() {
        return;
    }
    let kills = setting("FLOWCTL_PROGRAM_KILLS", 6);
    let ledgers = setting("FLOWCTL_PROGRAM_LEDGERS", 200);
    let seed = setting("FLOWCTL_KILL_SEED", u64::from(std::process::id()));
    let golden = golden(ledgers);
    let place = Place::new();
    place.write("p.yaml", &pipeline(ledgers, SQLITE));
    let began = Instant::now();
    place.flowctl(&["run", "p.yaml"]).exits(0);
    let whole = began.elapsed();

    let mut instants = Instants(seed);
    let (mut killed, mut rounds) = ([0, 0, 0], 0);
    while killed.iter().sum::<u64>() < kills {
        rounds += 1;
        let place = Place::new();
        place.write("p.yaml", &pipeline(ledgers, SQLITE));
        let _guard = guard(&place);
        let mut child = place.start(&["run", "p.yaml"]);
        loop {
            let count = killed.iter().sum::<u64>();
            if count < kills {
                // Whoever dies while a run is coming up for the first time ends it (F308), as it should.
                while !is_up(&place) && child.try_wait().unwrap().is_none() {
                    pause(Duration::from_millis(10));
                }
                pause(instants.next(whole / 2) + Duration::from_millis(50));
                let turn = usize::try_from(count % 3).unwrap();
                let victim = ["stellar-live-source", "ttp-processor"].get(turn);
                let found = victim.and_then(|victim| {
                    running(&place).into_iter().find(|(name, _)| name == victim)
                });
                match (victim, found) {
                    (Some(_), Some((_, pid))) => {
                        // It may have ended by itself just now.
                        let _ = kill_process(pid, Signal::KILL);
                        killed[turn] += 1;
                    }
                    (None, _) => {
                        signal(&child, Signal::KILL);
                        killed[turn] += 1;
                    }
                    (Some(_), None) => {}
                }
                let flowctl = turn == 2;
                if !flowctl && child.try_wait().unwrap().is_none() {
                    continue;
                }
            }
            let ended = end(child);
            match ended.status.code() {
                Some(0) => break,
                None => child = place.start(&["run", "p.yaml"]),
                Some(_) => panic!("seed {seed}, after {killed:?} kills: {}", ended.stderr),
            }
        }
        assert!(
            rows(&place) == golden,
            "seed {seed}, after {killed:?} kills: the rows differ"
        );
        assert_eq!(running(&place), [], "seed {seed}, after {killed:?} kills");
    }
    eprintln!(
        "{killed:?} kills of source, processor and flowctl in {rounds} runs of {ledgers} ledgers, seed {seed}: nothing missing, nothing twice"
    );
}
