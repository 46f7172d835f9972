//! Pipelines of programs: started, shown, stopped, and what is left of them.

use std::process::Child;

use rustix::process::{Pid, Signal, test_kill_process};

use crate::{
    process::{Place, Stopped, end, signal, until},
    specs,
};

/// The process that a script wrote down.
pub(crate) fn pid(place: &Place, name: &str) -> Option<Pid> {
    let text = std::fs::read_to_string(place.path(&format!("{name}.pid"))).ok()?;
    Pid::from_raw(text.trim().parse().ok()?)
}

fn runs(pid: Pid) -> bool {
    // One that has ended and was not waited for still has its number.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    match stat {
        Ok(stat) => !stat
            .rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with('Z'),
        Err(_) => test_kill_process(pid).is_ok(),
    }
}

/// Both programs, once both are up.
fn both(place: &Place) -> [Pid; 2] {
    let pids = || Some([pid(place, "source")?, pid(place, "sink")?]);
    until("both programs run", || pids().is_some());
    pids().unwrap()
}

fn start(place: &Place) -> (Stopped<'_>, Child) {
    let guard = Stopped {
        place,
        name: "p.yaml",
    };
    let child = place.start(&["run", "p.yaml"]);
    until("it is up", || {
        let ended = place.flowctl(&["ps", "--output", "json"]);
        ended.stdout.matches("\"state\":\"ready\"").count() == 2
    });
    (guard, child)
}

#[test]
fn ctrl_c_ends_programs_and_leaves_none() {
    let place = Place::new();
    place.write("p.yaml", &specs::endless_programs("ended"));
    let (_guard, child) = start(&place);
    let pids = both(&place);
    signal(&child, Signal::INT);
    let ended = end(child).exits(0);
    let told = &ended.stderr;
    assert!(
        told.starts_with("ended: 2 components as processes, first run, state in "),
        "{told}"
    );
    assert!(told.contains("\n  control plane on 127.0.0.1:"), "{told}");
    assert!(told.contains(" source starts as a process\n"), "{told}");
    assert!(told.contains(" sink is ready after "), "{told}");
    assert!(told.contains(", main 127.0.0.1:"), "{told}");
    assert!(told.contains("\ndrained: "), "{told}");
    assert!(!told.contains("by force"), "{told}");
    for pid in pids {
        assert!(!runs(pid), "{pid:?} was left");
    }
    let folder = place.path("state/flowctl/v1/default/ended");
    assert!(!folder.join("admin.sock").exists());
}

#[test]
fn a_program_that_does_not_come_up_is_named_with_its_last_lines() {
    let place = Place::new();
    let source = "echo the host is called Horizon; echo no such host >&2; exit 3";
    let spec = specs::programs("refused", source, &specs::endless("sink"));
    place.write("p.yaml", &spec);
    let ended = place.flowctl(&["run", "p.yaml"]).exits(4);
    let told = &ended.stderr;
    for part in [
        "error[F308]: `source` ",
        "\n  waited for it in vain: sink\n",
        "\n  its last lines:\n    source | ",
        "source | no such host\n",
        "\nrolled back: 1 program ended, logs kept in ",
        " (flowctl logs refused)\nfailed: it did not start, no record was moved\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(pid(&place, "sink").is_none(), "it was not to be started");
    let logs = place.flowctl(&["logs", "refused"]).exits(0).stdout;
    assert!(logs.contains("source | no such host\n"), "{logs}");
    assert!(
        logs.contains("source | the host is called Horizon\n"),
        "{logs}"
    );
}

#[test]
fn what_an_executor_cannot_start_is_refused_before_anything_is_started() {
    let place = Place::new();
    place.write("p.yaml", &specs::endless_programs("native"));
    let refused = place
        .flowctl(&["run", "p.yaml", "--executor", "native"])
        .exits(4)
        .stderr;
    let headline =
        "error[F302]: nothing here can start `source` and `sink`, which ask for `command`\n";
    assert!(refused.starts_with(headline), "{refused}");
    let driver = specs::endless_programs("native").replace("spec:", "spec:\n  driver: native");
    place.write("q.yaml", &driver);
    place.flowctl(&["validate", "q.yaml"]).exits(4);
    place
        .flowctl(&["validate", "q.yaml", "--executor", "auto"])
        .exits(0);
    assert!(!place.path("state").exists());
}

#[test]
fn what_a_killed_flowctl_left_is_ended_by_the_next_run_or_by_stop() {
    for by_stop in [false, true] {
        let place = Place::new();
        place.write("p.yaml", &specs::endless_programs("killed"));
        let (_guard, child) = start(&place);
        let pids = both(&place);
        signal(&child, Signal::KILL);
        end(child);
        for pid in pids {
            assert!(runs(pid), "{pid:?} went with flowctl");
        }
        let shown = place.flowctl(&["ps", "killed"]).exits(7).stdout;
        assert!(
            shown.contains("was lost: its process was killed"),
            "{shown}"
        );
        if by_stop {
            let stopped = place.flowctl(&["stop", "killed"]).exits(0).stdout;
            assert_eq!(
                stopped,
                "killed does not run; ended what a run that was killed had left: sink, source\n"
            );
        } else {
            for name in ["source", "sink"] {
                std::fs::remove_file(place.path(&format!("{name}.pid"))).unwrap();
            }
            let (_again, again) = start(&place);
            let new = both(&place);
            assert!(new.iter().all(|pid| !pids.contains(pid)));
            signal(&again, Signal::INT);
            end(again).exits(0);
        }
        for pid in pids {
            assert!(!runs(pid), "{pid:?} was left");
        }
        let nothing = place.flowctl(&["stop", "killed"]).exits(0).stdout;
        assert_eq!(nothing, "killed does not run; there is nothing to stop\n");
    }
}

#[test]
fn two_pipelines_on_one_host_do_not_meet() {
    let place = Place::new();
    let spec = specs::endless_programs("first");
    place.write("p.yaml", &spec);
    let (_first, first) = start(&place);
    let other = spec
        .replace("name: first", "name: second")
        .replace("source.pid", "other-source.pid")
        .replace("sink.pid", "other-sink.pid");
    place.write("q.yaml", &other);
    let _second = Stopped {
        place: &place,
        name: "q.yaml",
    };
    let second = place.start(&["run", "q.yaml"]);
    until("both are up", || {
        let all = place.flowctl(&["ps", "--output", "json"]).exits(0).stdout;
        all.matches("\"state\":\"ready\"").count() == 4
    });
    let all = place.flowctl(&["ps"]).exits(0).stdout;
    assert_eq!(all.lines().count(), 5, "{all}");
    assert!(
        all.contains("\nfirst ") && all.contains("\nsecond "),
        "{all}"
    );
    let unclear = place.flowctl(&["events"]).exits(2).stderr;
    assert!(
        unclear.starts_with("error[C510]: 2 pipelines run\n  help: say which: first, second\n"),
        "{unclear}"
    );
    place.flowctl(&["stop", "p.yaml"]).exits(0);
    end(first).exits(0);
    let left = place.flowctl(&["ps"]).exits(0).stdout;
    assert!(!left.contains("first") && left.contains("second"), "{left}");
    signal(&second, Signal::TERM);
    end(second).exits(0);
}
