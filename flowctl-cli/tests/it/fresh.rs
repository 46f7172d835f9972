//! `--fresh`: forgetting what earlier runs left.

use crate::{process::Place, specs};

#[test]
fn a_sink_that_holds_data_is_emptied_only_by_its_name() {
    let place = Place::new();
    let sinks = format!("{}\n{}", specs::JSONL, specs::SQLITE);
    place.write("p.yaml", &specs::simulated("fresh", 10, &sinks));
    place.flowctl(&["run", "p.yaml"]).exits(0);
    let lines = place.read("out.jsonl");

    let refused = place.flowctl(&["run", "p.yaml", "--fresh"]).exits(4).stderr;
    assert!(refused.starts_with("error[F306]: "), "{refused}");
    assert!(refused.contains("--fresh=sinks"), "{refused}");
    assert_eq!(place.read("out.jsonl"), lines);
    let again = place.flowctl(&["run", "p.yaml"]).exits(0).stderr;
    assert!(
        again.contains("done: nothing new"),
        "a refusal forgets nothing: {again}"
    );

    let fresh = place
        .flowctl(&["run", "p.yaml", "--fresh=sinks"])
        .exits(0)
        .stderr;
    assert!(fresh.contains("done: network 10 → "), "{fresh}");
    assert_eq!(place.read("out.jsonl"), lines);
}

#[test]
fn a_pipeline_whose_sinks_hold_nothing_begins_anew() {
    let place = Place::new();
    place.write("p.yaml", &specs::simulated("shown", 10, specs::CONSOLE));
    place.flowctl(&["run", "p.yaml"]).exits(0);
    let fresh = place.flowctl(&["run", "p.yaml", "--fresh"]).exits(0).stderr;
    assert!(fresh.contains("network begins at its beginning"), "{fresh}");
    assert!(fresh.contains("done: network 10 → "), "{fresh}");
}

#[test]
fn another_source_can_take_over_when_all_is_emptied() {
    let place = Place::new();
    for seed in ["1", "2"] {
        let network = format!("end_ledger: 10, seed: {seed}");
        place.write(
            "p.yaml",
            &specs::simulated_with("taken-over", &network, specs::SQLITE),
        );
        place.flowctl(&["run", "p.yaml", "--fresh=sinks"]).exits(0);
    }
}
