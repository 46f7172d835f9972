//! Specs that are right: the founding one as it was written, overlays, variables, and what the Go
//! flowctl wrote otherwise.

use flowctl_core::{
    PipelineSpec,
    graph::Graph,
    spec::{Driver, NoCatalog, Reader, Reading, RestartPolicy, Role, Via, Workload},
};

const FOUNDING: &str = include_str!("../../../examples/ttp-pipeline.yaml");

fn read(texts: &[&str]) -> Reading {
    let reader = texts
        .iter()
        .enumerate()
        .fold(Reader::new(), |reader, (n, text)| {
            reader.text(format!("{n}.yaml"), *text)
        });
    reader.read().unwrap_or_else(|errors| panic!("{errors}"))
}

fn small(component: &str) -> String {
    format!(
        "apiVersion: flowctl/v1\nkind: Pipeline\nmetadata: {{name: small}}\nspec:\n  sources:\n    \
         - {{id: in, use: counter}}\n  sinks:\n    - id: out\n      use: console\n      inputs: [in]\n{component}"
    )
}

#[test]
fn the_founding_pipeline_is_read_as_written() {
    let Reading { spec, warnings, .. } = read(&[FOUNDING]);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(spec.name, "ttp-processing-pipeline");
    assert_eq!(spec.driver, Some(Driver::Dag));
    let roles: Vec<_> = spec
        .components
        .iter()
        .map(|component| component.role)
        .collect();
    assert_eq!(roles, [Role::Source, Role::Processor, Role::Sink]);
    let source = &spec.components[0];
    assert!(
        matches!(source.workload(), Some(Workload::Image(image)) if image.ends_with(":latest"))
    );
    assert_eq!(source.ports[0].host_port, Some(50_051));
    assert_eq!(source.health_port, Some(8_088));
    let limits = source.resources.limits;
    assert_eq!(limits.cpu.map(|cpu| cpu.millis()), Some(500));
    assert_eq!(limits.memory.map(|memory| memory.bytes()), Some(256 << 20));
    assert_eq!(spec.components[2].env["END_LEDGER"], "0");
}

#[test]
fn the_founding_pipeline_is_a_chain_of_direct_edges() {
    let graph = Graph::new(&read(&[FOUNDING]).spec, &NoCatalog).unwrap();
    assert_eq!(
        graph.text().to_string(),
        "stellar-live-source → ttp-processor → consumer-app\n"
    );
    assert!(graph.edges().iter().all(|edge| edge.via == Via::Direct));
    // The served end first: the consumer dials the processor, which dials the source.
    let start: Vec<_> = graph
        .start_stages()
        .iter()
        .map(|stage| stage[0].as_str())
        .collect();
    assert_eq!(
        start,
        ["stellar-live-source", "ttp-processor", "consumer-app"]
    );
    let stop: Vec<_> = graph
        .stop_stages()
        .iter()
        .map(|stage| stage[0].as_str())
        .collect();
    assert_eq!(
        stop,
        ["stellar-live-source", "ttp-processor", "consumer-app"]
    );
}

#[test]
fn an_overlay_changes_what_it_names_and_keeps_the_rest() {
    let overlay = "
spec:
  driver: null
  sources:
    - id: stellar-live-source
      env: {RPC_ENDPOINT: http://simulated-rpc:8000, LOG_LEVEL: null}
      ports: []
  sinks:
    - id: consumer-app
      use: sqlite
  services:
    - id: simulated-rpc
      image: example/rpc:1
";
    let spec = read(&[FOUNDING, overlay]).spec;
    assert_eq!(spec.driver, None);
    let source = spec.component("stellar-live-source").unwrap();
    assert_eq!(source.env["RPC_ENDPOINT"], "http://simulated-rpc:8000");
    assert_eq!(source.env.get("LOG_LEVEL"), None);
    assert_eq!(source.env["STELLAR_NETWORK"], "testnet");
    assert!(source.ports.is_empty());
    let sink = spec.component("consumer-app").unwrap();
    assert_eq!(sink.workload(), Some(Workload::Native("sqlite")));
    assert_eq!((sink.image.as_deref(), sink.command.len()), (None, 0));
    assert_eq!(spec.component("simulated-rpc").unwrap().role, Role::Service);
    let graph = Graph::new(&spec, &NoCatalog).unwrap();
    let last = graph.inputs("consumer-app").next().unwrap();
    assert_eq!(
        (last.via, last.because),
        (Via::Proxied, "one end is served, one is in this process")
    );
}

#[test]
fn values_are_set_by_path_and_by_id() {
    let spec = Reader::new()
        .text("a.yaml", FOUNDING)
        .set("spec.sinks[consumer-app].env.PORT=3001")
        .set("spec.sources[0].restart={policy: always}")
        .set("metadata.namespace=tests")
        .read()
        .unwrap()
        .spec;
    assert_eq!(spec.components[2].env["PORT"], "3001");
    assert_eq!(spec.components[0].restart.policy, RestartPolicy::Always);
    assert_eq!(spec.namespace, "tests");
}

#[test]
fn variables_are_substituted_in_scalars_and_never_in_text() {
    let text = small(
        "      config:\n        path: \"${DIR}/x\"\n        count: ${COUNT:-7}\n        price: $$5\n",
    );
    let spec = Reader::new()
        .text("a.yaml", text)
        // Were it put in the text, this value would add a key.
        .variables(|name| (name == "DIR").then(|| "\", evil: \"1".to_owned()))
        .read()
        .unwrap()
        .spec;
    let config: serde_json::Value = spec.components[1].config.parse().unwrap();
    assert_eq!(
        config,
        serde_json::json!({"path": "\", evil: \"1/x", "count": 7, "price": "$5"})
    );
}

#[test]
fn the_environment_of_a_component_wins_over_its_files() {
    let text = small("").replace(
        "use: console",
        "command: [./run]\n      env_file: [a.env, b.env]\n      env: {A: spec}",
    );
    let spec = Reader::new()
        .text("a.yaml", text)
        .files(|name| {
            Ok(if name == "a.env" {
                "A=1\nB=1\nC='$x'"
            } else {
                "# later\nB=2"
            }
            .to_owned())
        })
        .read()
        .unwrap()
        .spec;
    let env: Vec<_> = spec.components[1]
        .env
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(env, [("A", "spec"), ("B", "2"), ("C", "$x")]);
}

#[test]
fn words_of_the_go_flowctl_are_understood() {
    let text = small("      type: sink\n      restart_policy: unless-stopped\n")
        .replace("spec:\n", "spec:\n  driver: container\n");
    let spec = PipelineSpec::from_yaml(&text).unwrap();
    assert_eq!(spec.driver, Some(Driver::Docker));
    assert_eq!(spec.components[1].restart.policy, RestartPolicy::Always);
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let text = small("      config: {base: &b {a: 1, b: 2}, over: {<<: *b, b: 3}, same: *b}\n");
    let config: serde_json::Value = PipelineSpec::from_yaml(&text).unwrap().components[1]
        .config
        .parse()
        .unwrap();
    assert_eq!(config["over"], serde_json::json!({"b": 3, "a": 1}));
    assert_eq!(config["same"], serde_json::json!({"a": 1, "b": 2}));
}

#[test]
fn numbers_may_stand_for_texts_where_no_other_reading_is_possible() {
    let text = small("").replace(
        "use: console",
        "image: a\n      env: {PORT: 8080, DEBUG: true}\n      args: [1]",
    );
    let spec = PipelineSpec::from_yaml(&text).unwrap();
    assert_eq!(spec.components[1].env["PORT"], "8080");
    assert_eq!(spec.components[1].env["DEBUG"], "true");
    assert_eq!(spec.components[1].args, ["1"]);
}

#[test]
fn json_is_read_too_and_the_schema_is_json() {
    let spec = PipelineSpec::from_yaml(FOUNDING).unwrap();
    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(PipelineSpec::from_yaml(&json).unwrap(), spec);
    let schema: serde_json::Value = serde_json::from_str(&PipelineSpec::json_schema()).unwrap();
    assert!(schema["$defs"]["ComponentSpec"]["properties"]["containerPort"].is_null());
    assert!(schema["$defs"]["Port"]["properties"]["containerPort"].is_object());
    assert!(schema["$defs"]["ComponentSpec"]["properties"]["env_file"].is_object());
}
