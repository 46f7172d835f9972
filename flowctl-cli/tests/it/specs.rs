//! Pipelines for tests.

/// A simulated network of `ledgers` ledgers into `sink` (one line of YAML behind `use:` and so on).
pub(crate) fn simulated(name: &str, ledgers: u32, sinks: &str) -> String {
    simulated_with(name, &format!("end_ledger: {}", ledgers + 1), sinks)
}

/// The same with all of the network's configuration but its size.
pub(crate) fn simulated_with(name: &str, network: &str, sinks: &str) -> String {
    format!(
        "apiVersion: flowctl/v1
kind: Pipeline
metadata: {{name: {name}}}
spec:
  sources:
    - {{id: network, use: stellar-simulated-network, config: {{transactions_per_ledger: 2, accounts: 20, {network}}}}}
  processors:
    - {{id: ttp, use: ttp-processor, inputs: [network], config: {{network: simulated}}}}
  sinks:
{sinks}
"
    )
}

/// Lines of JSON in `out.jsonl`.
pub(crate) const JSONL: &str =
    "    - {id: lines, use: jsonl, inputs: [ttp], config: {path: out.jsonl}}";
/// Rows in `out.db`.
pub(crate) const SQLITE: &str =
    "    - {id: store, use: sqlite, inputs: [ttp], config: {path: out.db}}";
/// Some of them on the console.
pub(crate) const CONSOLE: &str =
    "    - {id: console, use: console, inputs: [ttp], config: {limit: 3}}";

/// Ledgers in the files that `paths` matches, into lines of JSON.
pub(crate) fn files(name: &str, paths: &str, network: &str) -> String {
    format!(
        "apiVersion: flowctl/v1
kind: Pipeline
metadata: {{name: {name}}}
spec:
  sources:
    - {{id: ledgers, use: stellar-ledger-files, config: {{paths: [\"{paths}\"], network: {network}}}}}
  processors:
    - {{id: ttp, use: ttp-processor, inputs: [ledgers], config: {{network: {network}}}}}
  sinks:
{JSONL}
"
    )
}

/// A source and a sink that are shell scripts, which stream to each other if they stream at all. Each is
/// ready once it has written `up`.
pub(crate) fn programs(name: &str, source: &str, sink: &str) -> String {
    let program = |script: &str| {
        let script = serde_json::Value::from(script);
        format!(
            "command: [/bin/sh, -c, {script}], probes: {{ready: {{check: {{log: {{contains: up}}}}}}}}"
        )
    };
    format!(
        "apiVersion: flowctl/v1
kind: Pipeline
metadata: {{name: {name}}}
spec:
  sources:
    - {{id: source, output_event_types: [line], {}}}
  sinks:
    - {{id: sink, inputs: [source], {}}}
",
        program(source),
        program(sink)
    )
}

/// A script that writes down its process as `<name>.pid`, says that it is up, and goes on until it is asked
/// to end. (`$$` is a `$` in a spec.)
pub(crate) fn endless(name: &str) -> String {
    format!(
        "trap 'echo {name} ends; exit 0' TERM; echo $$$$ > {name}.pid; echo up as {name}; n=0; \
         while :; do n=$((n+1)); echo {name} $n >&2; /bin/sleep 0.05; done"
    )
}

/// A pipeline of two programs that never end by themselves.
pub(crate) fn endless_programs(name: &str) -> String {
    programs(name, &endless("source"), &endless("sink"))
}
