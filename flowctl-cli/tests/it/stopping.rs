//! Runs that are asked to end.

use std::{process::Child, time::Duration};

use rustix::process::Signal;

use crate::{
    process::{Place, end, pause, signal, until},
    specs,
};

/// A run that never ends by itself and has written something.
fn endless(place: &Place, arguments: &[&str]) -> Child {
    place.write(
        "p.yaml",
        &specs::simulated_with("endless", "interval: 2ms", specs::JSONL),
    );
    let child = place.start(&[&["run", "p.yaml"], arguments].concat());
    until("something is written", || {
        place
            .path("out.jsonl")
            .metadata()
            .is_ok_and(|file| file.len() > 0)
    });
    child
}

#[test]
fn a_signal_drains_and_the_next_run_goes_on() {
    for asked in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let child = endless(&place, &[]);
        signal(&child, asked);
        let ended = end(child).exits(0);
        assert!(
            ended
                .stderr
                .contains("draining (sources stopped; Ctrl-C again to force)"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("\ndrained: "), "{}", ended.stderr);
        assert!(
            ended
                .stderr
                .contains("the same command again resumes network after "),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn no_grace_forces_what_has_not_ended() {
    let place = Place::new();
    let child = endless(&place, &["--grace", "0"]);
    signal(&child, Signal::INT);
    let ended = end(child);
    // What has ended in the same instant was not forced.
    assert!(
        matches!(ended.status.code(), Some(0 | 6)),
        "{} {}",
        ended.status,
        ended.stderr
    );
}

#[test]
fn a_second_signal_ends_what_cannot_drain() {
    let place = Place::new();
    // Nobody reads the console, so that it stands still once its pipe is full, and the rest with it.
    let sinks = format!(
        "{}\n{}",
        specs::JSONL,
        specs::CONSOLE.replace("limit: 3", "limit: 0")
    );
    place.write("p.yaml", &specs::simulated("stuck", 1_000_000, &sinks));
    let child = place.start(&["run", "p.yaml"]);
    let length = || {
        place
            .path("out.jsonl")
            .metadata()
            .map_or(0, |file| file.len())
    };
    until("it is stuck", || {
        let before = length();
        pause(Duration::from_millis(500));
        before > 0 && length() == before
    });
    signal(&child, Signal::INT);
    pause(Duration::from_millis(200));
    signal(&child, Signal::TERM);
    let ended = end(child).exits(128 + 15);
    assert!(ended.stderr.contains("draining"), "{}", ended.stderr);
}

#[test]
fn progress_is_told_without_a_terminal() {
    let place = Place::new();
    let mut child = endless(&place, &["--utc"]);
    let mut told = String::new();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    while !told.contains(" in: network ") {
        let read = std::io::BufRead::read_line(&mut stderr, &mut told).unwrap();
        assert!(read > 0, "{told}");
    }
    assert!(told.lines().last().unwrap().contains("Z 1."), "{told}");
    signal(&child, Signal::INT);
    std::io::copy(&mut stderr, &mut std::io::sink()).unwrap();
    end(child).exits(0);
}
