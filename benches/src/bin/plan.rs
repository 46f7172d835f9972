//! Time to validate and plan a pipeline of 10,000 components, and to read it from YAML first.
//!
//!     cargo run --release -p flowctl-benches --bin plan

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should fail, and prints what it measured"
)]

use std::time::{Duration, Instant};

use flowctl_core::{
    ComponentKind, PipelineSpec, Registry, Runner, adapt,
    spec::{Component, Reader},
};

const CHAINS: usize = 2_500;
const ROUNDS: usize = 9;

fn registry() -> Registry {
    let mut registry = Registry::new();
    let none = |_: Option<u64>| std::iter::empty();
    registry
        .source(
            ComponentKind::source("none", "nothing"),
            move |(): (), _| Ok(adapt::source("nothing", none)),
        )
        .unwrap();
    registry
        .processor(ComponentKind::processor("same", "the same"), |(): (), _| {
            Ok(adapt::map(|event| Ok(event.clone())))
        })
        .unwrap();
    registry
        .sink(ComponentKind::sink("ignore", "forgets"), |(): (), _| {
            Ok(adapt::sink(|_| Ok(())))
        })
        .unwrap();
    registry
}

/// Chains of four, each of whose sinks reads its neighbour's processor too.
fn pipeline() -> PipelineSpec {
    let mut builder = PipelineSpec::builder("many");
    for n in 0..CHAINS {
        let next = (n + 1) % CHAINS;
        builder = builder
            .source(format!("in-{n}"), Component::native("none"))
            .processor(
                format!("a-{n}"),
                Component::native("same").input(format!("in-{n}")),
            )
            .processor(
                format!("b-{n}"),
                Component::native("same").input(format!("a-{n}")),
            )
            .sink(
                format!("out-{n}"),
                Component::native("ignore")
                    .input(format!("b-{n}"))
                    .input(format!("a-{next}")),
            );
    }
    builder.build().unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn timed<T>(mut work: impl FnMut() -> T) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        std::hint::black_box(work());
        began.elapsed()
    });
    median(times.collect())
}

fn main() {
    let (spec, runner) = (pipeline(), Runner::builder(registry()).build());
    let yaml = spec.to_yaml();
    println!(
        "{} components, {} KiB of YAML, median of {ROUNDS}",
        4 * CHAINS,
        yaml.len() / 1024
    );
    println!(
        "validate + plan: {:?}",
        timed(|| runner.plan(&spec).unwrap())
    );
    println!(
        "read the YAML:   {:?}",
        timed(|| Reader::new().text("many.yaml", &yaml).read().unwrap())
    );
}
