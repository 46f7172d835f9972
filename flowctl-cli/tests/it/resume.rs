//! One run after another.

use crate::{
    process::{Place, end, signal, until},
    specs,
};
use rustix::process::Signal;

#[test]
fn a_second_run_finds_everything_done() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("again", 20, specs::JSONL));
    place.flowctl(&["run", "p.yaml"]).exits(0);
    let lines = place.read("out.jsonl");
    let ended = place.flowctl(&["run", "p.yaml"]).exits(0);
    assert!(
        ended.stderr.contains("network resumes after 21"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("done: nothing new"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.read("out.jsonl"), lines);
}

#[test]
fn a_later_end_goes_on_from_the_earlier_one() {
    let place = Place::new();
    place.write("short.yaml", &specs::simulated("longer", 20, specs::JSONL));
    place.write("long.yaml", &specs::simulated("longer", 40, specs::JSONL));
    place.flowctl(&["run", "short.yaml"]).exits(0);
    let short = place.read("out.jsonl");
    let ended = place.flowctl(&["run", "long.yaml"]).exits(0);
    assert!(
        ended.stderr.contains("done: network 20 → "),
        "{}",
        ended.stderr
    );

    let golden = Place::new();
    golden.write("long.yaml", &specs::simulated("longer", 40, specs::JSONL));
    golden.flowctl(&["run", "long.yaml"]).exits(0);
    let long = place.read("out.jsonl");
    assert!(long.starts_with(&short) && long.len() > short.len());
    assert_eq!(long, golden.read("out.jsonl"));
}

#[test]
fn a_second_terminal_is_told_who_holds_the_pipeline() {
    let place = Place::new();
    place.write(
        "p.yaml",
        &specs::simulated_with("held", "interval: 20ms", specs::JSONL),
    );
    let first = place.start(&["run", "p.yaml"]);
    until("the first run writes", || place.path("out.jsonl").exists());
    let second = place.flowctl(&["run", "p.yaml"]).exits(4);
    let holder = format!("is in use by process {}", first.id());
    assert!(
        second.stderr.contains("error[F303]: ") && second.stderr.contains(&holder),
        "{}",
        second.stderr
    );
    signal(&first, Signal::INT);
    end(first).exits(0);
}

#[test]
fn another_network_behind_the_same_name_is_refused_with_both_names() {
    let place = Place::new();
    place.write(
        "one.yaml",
        &specs::simulated_with("other", "end_ledger: 10, seed: 1", specs::JSONL),
    );
    place.write(
        "two.yaml",
        &specs::simulated_with("other", "end_ledger: 10, seed: 2", specs::JSONL),
    );
    place.flowctl(&["run", "one.yaml"]).exits(0);
    let lines = place.read("out.jsonl");
    let ended = place.flowctl(&["run", "two.yaml"]).exits(4);
    assert!(ended.stderr.contains("error[F30"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("seed 1") || ended.stderr.contains(":1"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.read("out.jsonl"), lines);
}
