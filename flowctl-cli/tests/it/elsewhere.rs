//! Runs of other processes: looked at, followed, stopped; and those that go on without a terminal.

use std::{io::BufRead as _, process::Child};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    objects::{objects, pretty},
    process::{Ended, Place, Stopped, end, signal, until},
    specs,
};

/// A pipeline that runs detached, in one process.
fn detached<'p>(place: &'p Place, name: &'static str) -> (Stopped<'p>, Ended) {
    place.write(
        "p.yaml",
        &specs::simulated_with(name, "interval: 5ms", specs::JSONL),
    );
    let guard = Stopped { place, name };
    (guard, place.flowctl(&["run", "-d", "p.yaml"]).exits(0))
}

#[test]
fn a_detached_run_goes_on_and_can_be_followed_and_stopped() {
    let place = Place::new();
    let (_guard, started) = detached(&place, "detached");
    let told = &started.stderr;
    assert!(
        told.starts_with("detached runs detached: 3 components up after "),
        "{told}"
    );
    let next = "next: flowctl ps detached   ·   flowctl logs -f detached   ·   flowctl attach \
                detached   ·   flowctl stop detached\n";
    assert!(told.ends_with(next), "{told}");
    let again = place.flowctl(&["run", "-d", "p.yaml"]).exits(4).stderr;
    assert!(
        again.starts_with("error[F303]: `detached` runs already, in process "),
        "{again}"
    );

    let shown = place.flowctl(&["ps"]).exits(0).stdout;
    assert_eq!(shown.lines().count(), 4, "{shown}");
    assert!(shown.contains("  network    "), "{shown}");

    let mut attached = place.start(&["attach"]);
    follow(&mut attached, " in: network ");
    signal(&attached, Signal::INT);
    let left = end(attached).exits(0).stderr;
    assert!(left.ends_with("detached goes on\n"), "{left}");

    let mut attached = place.start(&["attach", "detached"]);
    follow(&mut attached, "network begins at its beginning");
    let stopped = place.flowctl(&["stop", "detached"]).exits(0);
    assert!(
        stopped.stdout.starts_with("detached drained after "),
        "{}",
        stopped.stdout
    );
    let over = end(attached).exits(0).stderr;
    assert!(over.contains("\ndrained: network "), "{over}");

    let shown = place.flowctl(&["status", "detached"]).exits(7).stdout;
    assert!(
        shown.starts_with("detached does not run; its last run, ") && shown.contains(", drained, "),
        "{shown}"
    );
    let refused = place.flowctl(&["attach", "detached"]).exits(7).stderr;
    assert!(
        refused.starts_with("error[C511]: `detached` does not run\n"),
        "{refused}"
    );
    let runs = place.flowctl(&["runs"]).exits(0).stdout;
    assert_eq!(runs.lines().count(), 2, "{runs}");
    assert!(runs.contains(" detached  drained  "), "{runs}");
}

/// Reads what a process tells until it has told this.
fn follow(child: &mut Child, part: &str) {
    let stderr = child.stderr.as_mut().unwrap();
    let mut told = String::new();
    // What is read ahead is not needed any more.
    let mut lines = std::io::BufReader::new(stderr);
    while !told.contains(part) {
        assert!(lines.read_line(&mut told).unwrap() > 0, "{told}");
    }
}

#[test]
fn a_detached_run_that_does_not_come_up_ends_as_it_would_at_the_terminal() {
    let place = Place::new();
    let spec = specs::programs("broken", "echo no such host; exit 3", "echo up");
    place.write("p.yaml", &spec);
    let told = place
        .flowctl(&["run", "--detach", "p.yaml"])
        .exits(4)
        .stderr;
    assert!(told.contains("error[F308]: `source` "), "{told}");
    assert!(told.contains("source | no such host\n"), "{told}");
    assert!(
        told.ends_with("failed: it did not start, no record was moved\n"),
        "{told}"
    );
    place.write(
        "q.yaml",
        &spec.replace("inputs: [source]", "inputs: [sauce]"),
    );
    place.flowctl(&["run", "--detach", "q.yaml"]).exits(3);
}

#[test]
fn a_run_that_is_over_before_it_is_seen_is_reported_all_the_same() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("short", 3, specs::JSONL));
    let ended = place.flowctl(&["run", "-d", "p.yaml"]).exits(0);
    assert!(
        ended.stderr.contains("\ndone: network 3 → ") || ended.stderr.contains("runs detached"),
        "{}",
        ended.stderr
    );
    until("it is over", || {
        let runs = place.flowctl(&["runs", "short"]).exits(0).stdout;
        runs.contains("completed")
    });
}

#[test]
fn logs_are_followed_while_it_runs_and_there_after_it() {
    let place = Place::new();
    place.write("p.yaml", &specs::endless_programs("logged"));
    let guard = Stopped {
        place: &place,
        name: "logged",
    };
    place.flowctl(&["run", "-d", "p.yaml"]).exits(0);
    let mut following = place.start(&["logs", "-f", "sink"]);
    let mut lines = std::io::BufReader::new(following.stdout.take().unwrap());
    let mut told = String::new();
    while !told.contains("sink | sink 20\n") {
        assert!(lines.read_line(&mut told).unwrap() > 0, "{told}");
    }
    assert!(told.contains("sink | up as sink\n"), "{told}");
    assert!(!told.contains("source"), "{told}");
    let recent = place.flowctl(&["logs", "--since", "1h", "-n", "2", "logged"]);
    let recent = recent.exits(0).stdout;
    assert_eq!(recent.lines().count(), 4, "{recent}");
    let unknown = place.flowctl(&["logs", "logged", "sunk"]).exits(2).stderr;
    assert!(
        unknown.starts_with("error[C503]: `logged` has no component `sunk`\n"),
        "{unknown}"
    );

    place.flowctl(&["stop", "logged"]).exits(0);
    std::io::Read::read_to_string(&mut lines, &mut told).unwrap();
    assert!(told.contains("sink | sink ends\n"), "{told}");
    end(following).exits(0);
    let after = place.flowctl(&["logs", "logged", "source"]).exits(0).stdout;
    assert!(after.contains(" source | up as source\n"), "{after}");
    assert!(after.contains(" source | source ends\n"), "{after}");
    let tail = place
        .flowctl(&["logs", "logged", "--tail", "1"])
        .exits(0)
        .stdout;
    assert_eq!(tail.lines().count(), 2, "{tail}");
    drop(guard);
}

#[test]
fn a_state_folder_with_a_long_path_can_be_asked_too() {
    let place = Place::new();
    let long = format!("{}/state", "a-rather-long-name-of-a-folder".repeat(5));
    place.write("p.yaml", &specs::endless_programs("deep"));
    let child = place.start(&["run", "p.yaml", "--state-dir", &long]);
    let ask = |command: &[&str]| place.flowctl(&[command, &["--state-dir", &long]].concat());
    until("it can be asked", || {
        ask(&["ps"]).stdout.matches(" ready").count() == 2
    });
    let shown = ask(&["ps", "deep"]).exits(0).stdout;
    assert!(shown.contains(", control plane on 127.0.0.1:"), "{shown}");
    assert!(shown.contains("source: as a process, "), "{shown}");
    ask(&["stop", "deep"]).exits(0);
    end(child).exits(0);
}

#[test]
fn who_does_not_know_what_runs_is_told() {
    let place = Place::new();
    let none = place.flowctl(&["ps"]).exits(0);
    assert_eq!(none.stdout, "");
    assert_eq!(
        none.stderr,
        "nothing runs; `flowctl runs` lists past runs\n"
    );
    place.flowctl(&["events"]).exits(7);
    let unknown = place.flowctl(&["stop", "nobody"]).exits(2).stderr;
    assert!(
        unknown.starts_with("error[C509]: no pipeline and no run is called `nobody`\n"),
        "{unknown}"
    );
    for (namespace, ledgers) in [("one", 3), ("two", 3)] {
        let spec = specs::simulated("same", ledgers, specs::JSONL)
            .replace(
                "{name: same}",
                &format!("{{name: same, namespace: {namespace}}}"),
            )
            .replace("out.jsonl", &format!("{namespace}.jsonl"));
        place.write("p.yaml", &spec);
        place.flowctl(&["run", "p.yaml"]).exits(0);
    }
    let unclear = place.flowctl(&["stop", "same"]).exits(2).stderr;
    assert!(
        unclear.contains("help: say which: one/same, two/same\n"),
        "{unclear}"
    );
    place.flowctl(&["stop", "two/same"]).exits(0);
    let runs = place.flowctl(&["runs", "--output", "json"]).exits(0).stdout;
    let run: Value = serde_json::from_str(runs.lines().next().unwrap()).unwrap();
    let run = &run["run"].as_str().unwrap()[..8];
    let over = place.flowctl(&["ps", run]).exits(7).stdout;
    assert!(over.starts_with("two/same does not run; "), "{over}");
}

#[test]
fn a_control_plane_alone_serves_until_it_is_asked_to_end() {
    let place = Place::new();
    let mut child = place.start(&["server", "--port", "0"]);
    follow(&mut child, "control plane on 127.0.0.1:");
    signal(&child, Signal::TERM);
    end(child).exits(0);
}

#[test]
fn every_answer_about_a_run_is_an_object_too() {
    let place = Place::new();
    place.write("p.yaml", &specs::endless_programs("told"));
    let guard = Stopped {
        place: &place,
        name: "told",
    };
    let json = |arguments: &[&str]| place.flowctl(&[arguments, &["--output", "json"]].concat());
    let started = json(&["run", "-d", "p.yaml"]).exits(0).stderr;
    let mut all = started;
    all += &json(&["ps", "told"]).exits(0).stdout;
    all += &json(&["logs", "told", "sink", "-n", "1"]).exits(0).stdout;
    let events = json(&["events", "told"]).exits(0).stdout;
    let mut attached = place.start(&["attach", "told", "--output", "json"]);
    follow(&mut attached, "\"type\":\"attached\"");
    all += &json(&["stop", "told"]).exits(0).stdout;
    end(attached).exits(0);
    all += &json(&["ps", "told"]).exits(7).stdout;
    all += &json(&["runs", "told"]).exits(0).stdout;
    insta::assert_snapshot!(pretty(&objects(&all)));
    let events = objects(&events);
    let ready = events.iter().find(|event| event["state"] == "ready");
    insta::assert_snapshot!("ready", pretty(&[ready.unwrap().clone()]));
    drop(guard);
}
