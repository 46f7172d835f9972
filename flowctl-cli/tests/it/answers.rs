//! Commands that answer a question and end.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    process::{Place, end},
    specs,
};

#[test]
fn a_good_spec_is_valid_and_says_how_large_it_is() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("good", 10, specs::JSONL));
    let ended = place.flowctl(&["validate", "p.yaml"]).exits(0);
    assert_eq!(ended.stdout, "good is valid: 3 components, 0 warnings\n");
    assert_eq!(ended.stderr, "");
}

#[test]
fn everything_that_is_wrong_with_a_spec_is_said_at_once() {
    let place = Place::new();
    let spec = specs::simulated("bad", 10, specs::JSONL)
        .replace("inputs: [ttp]", "inputs: [tpp]")
        .replace("path: out.jsonl", "pth: out.jsonl");
    place.write("p.yaml", &spec);
    let ended = place.flowctl(&["validate", "p.yaml"]).exits(3);
    assert_eq!(ended.stdout, "");
    insta::assert_snapshot!(ended.stderr);
    let run = place.flowctl(&["run", "p.yaml"]).exits(3);
    assert_eq!(run.stderr, ended.stderr);
    assert!(!place.path("state").exists(), "nothing is started");
}

#[test]
fn an_overlay_and_a_set_value_change_the_pipeline() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("base", 10, specs::JSONL));
    place.write(
        "over.yaml",
        "metadata: {name: over}\nspec:\n  sinks:\n    - {id: lines, config: {path: other.jsonl}}\n",
    );
    let arguments = [
        "run",
        "p.yaml",
        "-f",
        "over.yaml",
        "--set",
        "spec.sources[0].config.end_ledger=4",
    ];
    let ended = place.flowctl(&arguments).exits(0);
    assert!(ended.stderr.contains("network 3"), "{}", ended.stderr);
    assert!(place.path("other.jsonl").exists());
    assert!(place.path("state/flowctl/v1/default/over").exists());
}

#[test]
fn every_example_is_valid() {
    let place = Place::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let yaml = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    };
    let files = fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (overlays, files): (Vec<PathBuf>, Vec<PathBuf>) = files
        .filter(yaml)
        .partition(|path| path.ends_with("simulated.yaml"));
    assert_eq!((overlays.len(), files.len()), (1, 4));
    for file in files {
        let mut command = place.command(&["validate", file.to_str().unwrap()]);
        command.env("LEDGERS", "*.xdr").env("LAKE", "file:///lake");
        end(command.spawn().unwrap()).exits(0);
    }
    let pipeline = overlays[0].with_file_name("ttp-pipeline.yaml");
    let overlay = ["-f", overlays[0].to_str().unwrap()];
    let place_of = ["--executor", "process"];
    let arguments = [
        &["validate", pipeline.to_str().unwrap()],
        &overlay[..],
        &place_of,
    ]
    .concat();
    place.flowctl(&arguments).exits(0);
}

#[test]
fn a_plan_says_what_a_run_would_do_and_does_nothing() {
    let place = Place::new();
    place.write(
        "p.yaml",
        &specs::simulated(
            "planned",
            10,
            &format!("{}\n{}", specs::SQLITE, specs::CONSOLE),
        ),
    );
    let ended = place.flowctl(&["plan", "p.yaml"]).exits(0);
    insta::assert_snapshot!(ended.stdout);
    assert!(!place.path("out.db").exists() && !place.path("state").exists());
}

#[test]
fn a_graph_is_drawn_in_three_languages() {
    let place = Place::new();
    place.write(
        "p.yaml",
        &specs::simulated(
            "drawn",
            10,
            &format!("{}\n{}", specs::SQLITE, specs::CONSOLE),
        ),
    );
    let formats = ["text", "dot", "mermaid"];
    let drawn = formats.map(|format| {
        place
            .flowctl(&["graph", "p.yaml", "--format", format])
            .exits(0)
            .stdout
    });
    insta::assert_snapshot!(drawn.join("\n"));
}

#[test]
fn every_component_is_listed_and_can_be_described() {
    let place = Place::new();
    let all = place.flowctl(&["components"]).exits(0).stdout;
    insta::assert_snapshot!(all);
    for name in all.lines().skip(1).take_while(|line| !line.is_empty()) {
        let name = name.split_whitespace().next().unwrap();
        let page = place.flowctl(&["components", name]).exits(0).stdout;
        assert!(page.starts_with(&format!("{name} (")), "{page}");
    }
    let ended = place.flowctl(&["components", "jsnl"]).exits(2);
    assert!(
        ended
            .stderr
            .starts_with("error[C503]: no component is named `jsnl`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn every_family_of_codes_is_explained() {
    let place = Place::new();
    for code in ["S104", "W201", "F301", "F306", "R401", "C501", "s104"] {
        let page = place.flowctl(&["explain", code]).exits(0).stdout;
        assert!(
            page.starts_with(&format!("{}: ", code.to_uppercase())),
            "{page}"
        );
    }
    let ended = place.flowctl(&["explain", "X999"]).exits(2);
    assert!(
        ended
            .stderr
            .starts_with("error[C504]: no error has the code `X999`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_version_and_the_schema_are_for_machines_too() {
    let place = Place::new();
    let version = place.flowctl(&["version"]).exits(0).stdout;
    assert_eq!(
        version,
        format!("flowctl {} (reads flowctl/v1)\n", env!("CARGO_PKG_VERSION"))
    );
    let schema = place.flowctl(&["schema"]).exits(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["properties"]["spec"].is_object());
}

#[test]
fn a_shell_can_complete_the_commands() {
    let place = Place::new();
    let script = place.flowctl(&["completions", "bash"]).exits(0).stdout;
    assert!(
        script.contains("_flowctl()") && script.contains("validate"),
        "{script}"
    );
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_matter_of_usage() {
    let place = Place::new();
    for arguments in [
        &["runn"][..],
        &["run"],
        &["run", "p.yaml", "--grace", "soon"],
        &["run", "missing.yaml"],
    ] {
        place.flowctl(arguments).exits(2);
    }
    place.flowctl(&["--help"]).exits(0);
}
