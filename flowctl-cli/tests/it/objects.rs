//! `--output json`: objects with stable fields, one a line.

use serde_json::Value;

use crate::{process::Place, specs};

/// The objects of a text, each on a line of its own; numbers and names that differ from run to run are
/// replaced by what they are.
pub(crate) fn objects(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| {
            let mut object: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(object["schema"], 1, "{line}");
            assert!(object["type"].is_string(), "{line}");
            redact(&mut object);
            object
        })
        .collect()
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let varies = matches!(
                    name.as_str(),
                    "at" | "run"
                        | "started"
                        | "ended"
                        | "up_ms"
                        | "pid"
                        | "log"
                        | "logs"
                        | "control_plane"
                        | "main"
                        | "health"
                        | "text"
                        | "version"
                        | "number"
                        | "elapsed_ms"
                        | "events_in"
                        | "events_out"
                        | "events_per_second"
                        | "remaining_ms"
                        | "queued_events"
                        | "queued_bytes"
                );
                let state =
                    name == "state" && value.as_str().is_some_and(|state| state.contains('/'));
                if (varies || state) && !value.is_null() {
                    *value = Value::from(format!("[{name}]"));
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        _ => {}
    }
}

pub(crate) fn pretty(objects: &[Value]) -> String {
    objects
        .iter()
        .map(|object| format!("{object:#}\n"))
        .collect()
}

#[test]
fn a_run_tells_objects_on_stderr_and_leaves_stdout_to_the_console() {
    let place = Place::new();
    let sinks = format!(
        "{}\n{}",
        specs::JSONL,
        specs::CONSOLE.replace("limit: 3", "limit: 1, format: json")
    );
    place.write("p.yaml", &specs::simulated("objects", 5, &sinks));
    let ended = place
        .flowctl(&["run", "p.yaml", "--output", "json"])
        .exits(0);
    let told = objects(&ended.stderr);
    let of = |kind: &str| {
        told.iter()
            .filter(|object| object["type"] == kind)
            .cloned()
            .collect::<Vec<_>>()
    };
    insta::assert_snapshot!(pretty(&[of("starting"), of("report")].concat()));
    let opened: Vec<_> = of("event")
        .into_iter()
        .filter(|event| event["event"] == "opened")
        .collect();
    insta::assert_snapshot!("opened", pretty(&opened));
    assert_eq!(
        told.first().map(|object| object["type"].clone()),
        Some("starting".into())
    );
    assert_eq!(
        told.last().map(|object| object["type"].clone()),
        Some("report".into())
    );
    let shown: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
    assert!(shown.is_object());
}

#[test]
fn answers_are_objects_on_stdout() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("answers", 5, specs::JSONL));
    let answers = [
        &["validate", "p.yaml"][..],
        &["plan", "p.yaml"],
        &["graph", "p.yaml"],
        &["version"],
        &["components", "jsonl"],
    ];
    let answers = answers.map(|arguments| {
        let ended = place
            .flowctl(&[arguments, &["--output", "json"]].concat())
            .exits(0);
        assert_eq!(ended.stderr, "");
        ended.stdout
    });
    insta::assert_snapshot!(pretty(&objects(&answers.concat())));
}

#[test]
fn errors_are_objects_too() {
    let place = Place::new();
    place.write(
        "p.yaml",
        &specs::simulated("errors", 5, specs::JSONL).replace("inputs: [ttp]", "inputs: [tpp]"),
    );
    let bad = place
        .flowctl(&["run", "p.yaml", "--output", "json"])
        .exits(3)
        .stderr;
    let missing = place
        .flowctl(&["run", "missing.yaml", "--output", "json"])
        .exits(2)
        .stderr;
    insta::assert_snapshot!(pretty(&objects(&format!("{bad}{missing}"))));
}
