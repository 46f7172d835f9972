//! Laws of specs and graphs, on generated ones.

use std::{collections::HashMap, fmt::Write, time::Duration};

use flowctl_core::{
    ByteSize, ComponentId, CpuMillis, PipelineSpec,
    graph::Graph,
    spec::{
        Backoff, Budget, Check, Component, Condition, Dependency, Excess, Final, Input, NoCatalog,
        OnFull, OnRestart, Permission, PipelineBuilder, Port, Probe, Queue, Reader, Restart,
        RestartPolicy, Retry, Secret, Volume,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Which of `count` components read from which, by number.
type Arcs = Vec<(usize, usize)>;

/// Arcs that lead from lower to higher numbers, each once.
fn forward_arcs() -> impl Strategy<Value = (usize, Arcs)> {
    (2_usize..14).prop_flat_map(|count| {
        let arc = (0..count - 1).prop_flat_map(move |from| (Just(from), from + 1..count));
        proptest::collection::btree_set(arc, 1..30)
            .prop_map(move |arcs| (count, arcs.into_iter().collect()))
    })
}

/// The pipeline of these arcs; components that no arc touches are left out.
fn pipeline(
    count: usize,
    arcs: &[(usize, usize)],
    mut make: impl FnMut(usize) -> Component,
) -> PipelineBuilder {
    let mut builder = PipelineSpec::builder("generated");
    for n in 0..count {
        let from: Vec<_> = arcs
            .iter()
            .filter(|arc| arc.1 == n)
            .map(|arc| arc.0)
            .collect();
        let read = arcs.iter().any(|arc| arc.0 == n);
        let component = from.iter().fold(make(n), |component, from| {
            component.input(format!("c{from}"))
        });
        let id = format!("c{n}");
        builder = match (from.is_empty(), read) {
            (true, true) => builder.source(id, component),
            (false, true) => builder.processor(id, component),
            (false, false) => builder.sink(id, component),
            (true, false) => builder,
        };
    }
    builder
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9_/.:$ {}#'\"-]{0,20}",
        "(true|null|yes|~|0x1f|1e3|- a|<<|\\$\\{A\\}|%|@|\\.inf|\t|\r\n|\u{feff}|\u{85})",
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A component with something in every field that its workload can have.
fn component() -> impl Strategy<Value = Component> {
    let time = || (1_u64..u64::from(u32::MAX)).prop_map(Duration::from_millis);
    let texts = || proptest::collection::vec(text(), 0..3);
    let environment = proptest::collection::btree_map("[A-Z_][A-Z0-9_]{0,8}", "[^\0]{0,12}", 0..3);
    let numbers = (1_u32.., 1_u64.., 1_u16.., any::<bool>());
    let start = (0_u8..3, json(), texts(), environment, text());
    (start, numbers, time(), time(), 0_u8..4).prop_map(
        |((workload, config, args, env, text), (a, b, port, flag), short, long, choice)| {
            let (short, long) = (short.min(long), short.max(long));
            let component = match workload {
                0 => {
                    return Component::native("anything").config(config).with(|spec| {
                        spec.essential = flag;
                        spec.restart = Restart::new(RestartPolicy::Always);
                    });
                }
                1 => Component::process(["./run"]),
                _ => Component::image("example/app:1"),
            };
            component.config(config).args(args).with(|spec| {
                spec.env = env;
                spec.working_dir = flag.then(|| text.clone());
                spec.protocol = Some(text.clone());
                spec.health_port = Some(port);
                spec.probes.ready = Some(Probe::new(match choice {
                    0 => Check::Http {
                        port,
                        path: format!("/{text}"),
                    },
                    1 => Check::Tcp { port },
                    2 => Check::Exec {
                        command: vec!["./ask".to_owned(), text.clone()],
                    },
                    _ => Check::Registered,
                }));
                spec.probes.start_within = long;
                spec.resources.limits.memory = Some(ByteSize::from_bytes(b));
                spec.resources.limits.cpu = Some(CpuMillis::from_millis(b));
                spec.resources.requests.pids = Some(a);
                spec.ports.push(Port::new(port));
                let mut volume = Volume::default();
                volume.name = Some(text.clone());
                volume.container_path = Some(format!("/{text}"));
                volume.readonly = flag;
                spec.volumes.push(volume);
                let mut secret = Secret::new(text.clone());
                secret.host_path = Some(text.clone());
                secret.required = flag;
                spec.secrets.push(secret);
                spec.security.allow = vec![Permission::WritableRoot, Permission::Root];
                spec.security.user = Some(text);
                spec.restart.backoff = Backoff::new(short, long);
                spec.restart.budget = Budget::new(a, long);
                spec.restart.reset_after = short;
                spec.on_error.retry = Retry::new(a, Backoff::new(short, long));
                spec.on_error.then = if flag { Final::Skip } else { Final::Stop };
                spec.queue = Queue::new(a, ByteSize::from_bytes(b));
                spec.stop.grace = short;
                spec.deterministic = Some(flag);
            })
        },
    )
}

fn change_inputs(spec: &mut PipelineSpec, seed: u32) {
    for (n, component) in spec.components.iter_mut().enumerate() {
        for input in &mut component.inputs {
            let plain = Input::new(input.from.clone());
            *input = match (usize::try_from(seed).unwrap_or(0) + n) % 4 {
                0 => plain,
                1 => plain
                    .types(["a.b".parse().unwrap()])
                    .on_restart(OnRestart::Drain),
                2 => plain.on_full(OnFull::Lag {
                    events: 7,
                    bytes: ByteSize::from_kib(3),
                    then: Excess::Drop,
                }),
                _ => plain.queue(Queue::new(5, ByteSize::from_bytes(12_345))),
            };
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_as_yaml_is_read_as_the_same(
        (count, arcs) in forward_arcs(),
        kinds in proptest::collection::vec(component(), 14),
        description in text(),
        labels in proptest::collection::btree_map(text(), text(), 0..4),
        seed: u32,
    ) {
        let builder = pipeline(count, &arcs, |n| kinds[n].clone())
            .description(description)
            .stop_within(Duration::from_secs(u64::from(seed)))
            .config(json!({"seed": seed}));
        let builder = labels.into_iter().fold(builder, |builder, (key, value)| builder.label(key, value));
        let mut spec = builder.build().map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        change_inputs(&mut spec, seed);
        let yaml = spec.to_yaml();
        let read = PipelineSpec::from_yaml(&yaml)
            .map_err(|errors| TestCaseError::fail(format!("{errors}\n{yaml}")))?;
        prop_assert_eq!(&read, &spec, "{}", yaml);
        prop_assert_eq!(read.to_yaml(), yaml);
    }

    #[test]
    fn orders_respect_every_edge((count, arcs) in forward_arcs()) {
        let spec = pipeline(count, &arcs, |_| Component::native("any")).build();
        let spec = spec.map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        let graph = Graph::new(&spec, &NoCatalog)
            .map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        prop_assert_eq!(graph.edges().len(), arcs.len());
        let stage = |stages: &[Vec<ComponentId>]| -> HashMap<ComponentId, usize> {
            let ids = stages.iter().enumerate();
            ids.flat_map(|(n, stage)| stage.iter().map(move |id| (id.clone(), n))).collect()
        };
        let (start, stop) = (stage(graph.start_stages()), stage(graph.stop_stages()));
        prop_assert_eq!(start.len(), spec.components.len());
        prop_assert_eq!(stop.len(), spec.components.len());
        for edge in graph.edges() {
            prop_assert!(start[&edge.to] < start[&edge.from], "sinks open before sources");
            prop_assert!(stop[&edge.from] < stop[&edge.to], "sources stop before sinks");
        }
        for id in spec.components.iter().map(|component| component.id.as_str()) {
            prop_assert!(graph.text().to_string().contains(id));
            let needle = format!("\"{id}\"");
            prop_assert!(graph.dot().to_string().contains(&needle));
            prop_assert!(graph.mermaid().to_string().contains(&needle));
        }
    }

    #[test]
    fn a_cycle_is_found_exactly_when_there_is_one(
        (count, arcs) in forward_arcs(),
        backward in proptest::collection::vec((0_usize..14, 0_usize..14), 0..3),
    ) {
        // Processors in the middle, so that any arc between them is allowed.
        let mut all: Vec<_> = arcs;
        all.extend(backward.into_iter().map(|(a, b)| (a % count, b % count)));
        all.sort_unstable();
        all.dedup();
        let mut builder = PipelineSpec::builder("generated")
            .source("in", Component::native("any"))
            .sink("out", (0..count).fold(Component::native("any"), |sink, n| sink.input(format!("c{n}"))));
        for n in 0..count {
            let from = all.iter().filter(|arc| arc.1 == n).map(|arc| arc.0);
            let processor = from.fold(
                Component::native("any").input("in"),
                |processor, from| processor.input(format!("c{from}")),
            );
            builder = builder.processor(format!("c{n}"), processor);
        }
        let cyclic = (0..count).any(|n| reaches(count, &all, n));
        match builder.build() {
            Ok(_) => prop_assert!(!cyclic),
            Err(errors) => {
                prop_assert!(cyclic, "{}", errors);
                for problem in errors.diagnostics() {
                    prop_assert_eq!(problem.code.as_str(), "S107");
                    // The path that is named is a path, and it closes.
                    let ids: Vec<_> = problem.message.rsplit(": ").next().unwrap().split(" → ").collect();
                    prop_assert_eq!(ids.first(), ids.last());
                    for pair in ids.windows(2) {
                        let arc = (number(pair[0]), number(pair[1]));
                        prop_assert!(all.contains(&arc), "{:?} is no edge", arc);
                    }
                }
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        drop(PipelineSpec::from_yaml(&text));
    }

    #[test]
    fn no_damage_to_a_good_text_makes_the_reader_panic(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "[\\PC\t\n]{0,6}"), 1..6),
    ) {
        let mut text: Vec<char> = include_str!("../../../examples/ttp-pipeline.yaml").chars().collect();
        for (at, length, with) in cuts {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, with.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(errors) = PipelineSpec::from_yaml(&text) {
            for problem in errors.diagnostics() {
                let location = problem.location.as_ref().unwrap();
                prop_assert!(location.line <= text.split(['\n', '\r']).count() + 1);
            }
            prop_assert!(!errors.to_string().is_empty());
        }
    }

    #[test]
    fn no_structure_of_yaml_makes_the_reader_panic(
        text in "((- |  |a: |\\? |&a |\\*a |<<: |\\[|\\]|\\{|\\}|, |\n|spec:|sinks:|id: |\"|'|\\||>|!!int |# |%|---\n|\\.\\.\\.){0,3}){0,14}"
    ) {
        drop(Reader::new().text("a", text.clone()).text("b", text).read());
    }

    #[test]
    fn no_assignment_makes_the_reader_panic(assignment in "(spec|sinks|[a-z.=\\[\\]0-9{}: ]){0,8}") {
        let text = include_str!("../../../examples/ttp-pipeline.yaml");
        drop(Reader::new().text("a", text).set(assignment).read());
    }
}

fn number(id: &str) -> usize {
    id.trim_start_matches('c').parse().unwrap()
}

/// Whether `n` reaches itself.
fn reaches(count: usize, arcs: &[(usize, usize)], n: usize) -> bool {
    let mut seen = vec![false; count];
    let mut stack = vec![n];
    while let Some(from) = stack.pop() {
        for to in arcs.iter().filter(|arc| arc.0 == from).map(|arc| arc.1) {
            if to == n {
                return true;
            }
            if !std::mem::replace(&mut seen[to], true) {
                stack.push(to);
            }
        }
    }
    false
}

#[test]
fn a_builder_says_all_that_is_wrong_at_once() {
    let errors = PipelineSpec::builder("Bad Name")
        .source("A", Component::native("any").emits(["a b"]))
        .sink(
            "out",
            Component::native("any")
                .input("A")
                .depends_on("B!", Condition::Ready),
        )
        .build()
        .unwrap_err();
    let paths: Vec<_> = errors
        .diagnostics()
        .iter()
        .map(|problem| problem.path())
        .collect();
    assert_eq!(
        paths,
        [
            "metadata.name",
            "spec.sources[0].output_event_types[0]",
            "spec.sources[0].id",
            "spec.sinks[0].inputs[0]",
            "spec.sinks[0].depends_on[0]",
        ]
    );
}

#[test]
fn a_builder_gives_what_the_same_words_give_in_yaml() {
    let yaml = "
apiVersion: flowctl/v1
kind: Pipeline
metadata: {name: hello, labels: {team: a}}
spec:
  sources:
    - id: numbers
      use: counter
      config: {count: 3}
      output_event_types: [number]
  sinks:
    - id: out
      image: example/out:1
      inputs: [{from: numbers, types: [number]}]
      depends_on: [{id: db, condition: {log: ready}}]
      env: {A: b}
  services:
    - id: db
      image: example/db:1
";
    let built = PipelineSpec::builder("hello")
        .label("team", "a")
        .service("db", Component::image("example/db:1"))
        .sink(
            "out",
            Component::image("example/out:1")
                .input_with("numbers", |input| input.types(["number".parse().unwrap()]))
                .depends_on("db", Condition::Log("ready".to_owned()))
                .env("A", "b"),
        )
        .source(
            "numbers",
            Component::native("counter")
                .config(json!({"count": 3}))
                .emits(["number"]),
        )
        .build()
        .unwrap();
    assert_eq!(PipelineSpec::from_yaml(yaml).unwrap(), built);
    assert_eq!(
        built.components[1].depends_on,
        [Dependency::new("db".parse().unwrap()).condition(Condition::Log("ready".to_owned()))]
    );
}

#[test]
fn a_graph_is_drawn_in_three_ways() {
    let spec = PipelineSpec::builder("draw")
        .source("network", Component::native("any").emits(["a"]))
        .processor(
            "ttp",
            Component::native("any").input("network").emits(["b"]),
        )
        .sink("store", Component::image("example/store:1").input("ttp"))
        .sink(
            "console",
            Component::native("any").input("ttp").input("network"),
        )
        .build()
        .unwrap();
    let graph = Graph::new(&spec, &NoCatalog).unwrap();
    assert_eq!(
        graph.text().to_string(),
        "network → ttp → store\n              → console\n        → console\n"
    );
    assert_eq!(
        graph.dot().to_string(),
        "digraph pipeline {\n  rankdir=LR;\n  \"network\" [shape=cds];\n  \"ttp\" [shape=box];\n  \
         \"store\" [shape=cylinder];\n  \"console\" [shape=cylinder];\n  \
         \"network\" -> \"ttp\" [style=solid, label=\"a\"];\n  \
         \"ttp\" -> \"store\" [style=dashed, label=\"b\"];\n  \
         \"ttp\" -> \"console\" [style=solid, label=\"b\"];\n  \
         \"network\" -> \"console\" [style=solid, label=\"a\"];\n}\n"
    );
    assert_eq!(
        graph.mermaid().to_string(),
        "flowchart LR\n  n0([\"network\"])\n  n1[\"ttp\"]\n  n2[(\"store\")]\n  n3[(\"console\")]\n  \
         n0 -->|\"a\"| n1\n  n1 -.->|\"b\"| n2\n  n1 -->|\"b\"| n3\n  n0 -->|\"a\"| n3\n"
    );
}

#[test]
fn a_scalar_of_a_hundred_megabytes_is_refused_unread() {
    let text = format!("a: \"{}\"", "x".repeat(100 << 20));
    let errors = PipelineSpec::from_yaml(&text).unwrap_err();
    assert_eq!(errors.code().unwrap().as_str(), "S005");
}

#[test]
fn anchors_inside_of_anchors_cannot_fill_the_memory() {
    let open: String = (0..60).map(|n| format!("&a{n} [")).collect();
    let text = format!("{open}{}{}", "x, ".repeat(100_000), "]".repeat(60));
    let errors = PipelineSpec::from_yaml(&text).unwrap_err();
    assert_eq!(errors.code().unwrap().as_str(), "S005");
}

#[test]
fn doubling_variables_cannot_fill_the_memory() {
    let mut text = "apiVersion: flowctl/v1\nx:\n".to_owned();
    for _ in 0..2_000 {
        text.push_str("  - ${BIG}\n");
    }
    let big = "x".repeat(1 << 20);
    let read = Reader::new()
        .text("a", text)
        .variables(|_| Some(big.clone()))
        .read();
    let errors = read.unwrap_err();
    assert!(
        errors
            .diagnostics()
            .iter()
            .any(|problem| problem.code.as_str() == "S005")
    );
}

/// Prints how long it takes; the figure that counts is that of an optimised build.
#[test]
fn ten_thousand_components_are_read_and_checked() {
    let mut yaml =
        "apiVersion: flowctl/v1\nkind: Pipeline\nmetadata: {name: large}\nspec:\n  sources:\n    \
                    - {id: in, use: any, output_event_types: [a]}\n  processors:\n"
            .to_owned();
    for n in 0..9_998 {
        let from = if n % 100 == 0 {
            "in".to_owned()
        } else {
            format!("p{}", n - 1)
        };
        write!(yaml, "    - id: p{n}\n      use: any\n      inputs: [{from}]\n      output_event_types: [a]\n      config: {{n: {n}, name: x}}\n").unwrap();
    }
    yaml.push_str("  sinks:\n    - id: out\n      use: any\n      inputs: [");
    for n in (99..9_998).step_by(100).chain([9_997]) {
        write!(yaml, "p{n}, ").unwrap();
    }
    yaml.push_str("]\n");
    let begin = std::time::Instant::now();
    let spec = PipelineSpec::from_yaml(&yaml).unwrap_or_else(|errors| panic!("{errors}"));
    let read = begin.elapsed();
    let begin = std::time::Instant::now();
    let warnings = spec.validate(&NoCatalog).unwrap();
    let validated = begin.elapsed();
    let begin = std::time::Instant::now();
    let graph = Graph::new(&spec, &NoCatalog).unwrap();
    let drawn = begin.elapsed();
    eprintln!(
        "10,000 components: read and validate {read:?}, validate {validated:?}, graph {drawn:?}"
    );
    assert!(warnings.is_empty());
    assert_eq!(graph.members().len(), 10_000);
}
