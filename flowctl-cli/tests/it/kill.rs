//! `kill -9` at random instants: what is left in the end is what an uninterrupted run leaves.
//!
//! 20 kills of small runs by default. The long run: `FLOWCTL_KILLS=200 FLOWCTL_KILL_LEDGERS=5000`.
//! `FLOWCTL_KILL_SEED` repeats a run that failed, as far as instants can be repeated.

use std::time::{Duration, Instant};

use rusqlite::{Connection, types::Value};
use rustix::process::Signal;

use crate::{
    process::{Place, end, pause, signal},
    specs,
};

/// What the two sinks hold: the lines byte for byte, and every row.
#[derive(PartialEq, Eq)]
struct Held {
    lines: Vec<u8>,
    rows: String,
}

fn held(place: &Place) -> Held {
    let database = Connection::open(place.path("out.db")).unwrap();
    let rows = |query: &str| {
        let mut statement = database.prepare(query).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values: Result<Vec<Value>, _> =
                (0..columns).map(|column| row.get(column)).collect();
            Ok(format!("{:?}\n", values?))
        });
        rows.unwrap().map(Result::unwrap).collect::<String>()
    };
    let events = rows("select * from events order by source, ledger_sequence, event_index, branch");
    Held {
        lines: place.read("out.jsonl"),
        rows: events + &rows("select * from positions order by source"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a seed gives the same instants again.
pub(crate) struct Instants(pub(crate) u64);

impl Instants {
    pub(crate) fn next(&mut self, below: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let nanos = u64::try_from(below.as_nanos()).unwrap().max(1);
        Duration::from_nanos((z ^ (z >> 31)) % nanos)
    }
}

pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn a_killed_run_leaves_what_an_uninterrupted_one_leaves() {
    let kills = setting("FLOWCTL_KILLS", 20);
    let ledgers = u32::try_from(setting("FLOWCTL_KILL_LEDGERS", 600)).unwrap();
    let seed = setting("FLOWCTL_KILL_SEED", u64::from(std::process::id()));
    let spec = specs::simulated(
        "killed",
        ledgers,
        &format!("{}\n{}", specs::JSONL, specs::SQLITE),
    );

    let golden = Place::new();
    golden.write("p.yaml", &spec);
    let began = Instant::now();
    golden.flowctl(&["run", "p.yaml"]).exits(0);
    let whole = began.elapsed();
    let golden = held(&golden);

    let mut instants = Instants(seed);
    let mut killed = 0;
    let mut rounds = 0;
    while killed < kills {
        let place = Place::new();
        place.write("p.yaml", &spec);
        rounds += 1;
        loop {
            let child = place.start(&["run", "p.yaml"]);
            if killed < kills {
                pause(instants.next(whole));
                signal(&child, Signal::KILL);
            }
            let ended = end(child);
            match ended.status.code() {
                None => killed += 1,
                Some(0) => break,
                Some(_) => panic!("seed {seed}, after {killed} kills: {}", ended.stderr),
            }
        }
        let held = held(&place);
        let lines = String::from_utf8_lossy(&held.lines).lines().count();
        assert!(
            held.lines == golden.lines,
            "seed {seed}, after {killed} kills: {lines} lines differ"
        );
        assert!(
            held.rows == golden.rows,
            "seed {seed}, after {killed} kills: the rows differ"
        );
    }
    eprintln!(
        "{killed} kills in {rounds} runs of {ledgers} ledgers, seed {seed}: nothing missing, nothing twice"
    );
}
