//! Components that run outside this process: in which order they come and go, and what they are told. Time
//! is paused.

use std::{sync::Arc, time::Duration};

use flowctl_core::{
    Outcome, PipelineSpec, RunReport, Runner,
    control::{Registration, Roster},
    executor::ExitStatus,
    run::{ComponentState, RunHandle},
    spec::{Component, Condition, ImagePolicy, Port},
    store::{MemoryStore, Store},
    testing::{Numbers, Vault},
};

use crate::{
    lab::Lab,
    programs::{Machine, Plane, Programs, Script, Speaker, component},
};

/// A machine, a flowctl on it and what it runs.
pub(crate) struct Bench {
    pub(crate) machine: Machine,
    pub(crate) vault: Vault,
    pub(crate) numbers: Numbers,
    store: Arc<dyn Store>,
    roster: Roster,
}

pub(crate) fn program() -> Component {
    Component::process(["program"])
        .port(Port::new(50051))
        .with(|component| {
            component.protocol = Some("test.v1".to_owned());
            component.restart.backoff.base = Duration::from_millis(1);
        })
}

/// Three programs that stream to each other by themselves.
pub(crate) fn chain() -> PipelineSpec {
    PipelineSpec::builder("chain")
        .source("source", program())
        .processor("middle", program().input("source"))
        .sink("sink", program().input("middle"))
        .service("store", Component::process(["store"]))
        .build()
        .unwrap()
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            machine: Machine::default(),
            vault: Vault::new(),
            numbers: Numbers::to(100),
            store: Arc::new(MemoryStore::new()),
            roster: Roster::default(),
        }
    }

    fn runner(&self) -> Runner {
        let numbers = self.numbers.clone();
        let lab = Lab::new()
            .numbers("numbers", numbers.clone())
            .vault("vault", &[], &self.vault);
        let speaker = Speaker {
            numbers,
            vault: self.vault.clone(),
            machine: self.machine.clone(),
        };
        Runner::builder(lab.registry)
            .store(Arc::clone(&self.store))
            .executor(Arc::new(Programs(self.machine.clone())))
            .prober(Arc::new(Programs(self.machine.clone())))
            .connector(Arc::new(speaker))
            .control_plane(Arc::new(Plane(self.roster.clone())))
            .build()
    }

    pub(crate) fn start(&self, spec: &PipelineSpec) -> RunHandle {
        self.runner().start(spec).unwrap()
    }

    pub(crate) async fn run(&self, spec: &PipelineSpec) -> RunReport {
        self.start(spec).wait().await
    }
}

/// Waits until the component is in this state.
pub(crate) async fn until(run: &RunHandle, id: &str, state: ComponentState) {
    loop {
        let status = run.status();
        let of = status
            .components
            .iter()
            .find(|component| component.id == *id)
            .unwrap();
        if of.state == state {
            return;
        }
        assert!(!of.state.is_over(), "{id} is {:?}", of.state);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) fn has_all(vault: &Vault) {
    assert_eq!(vault.sequences(), (1..=100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_is_dialled_comes_first_and_a_run_is_over_when_its_sinks_are() {
    let bench = Bench::new();
    let after = Duration::from_secs(60);
    bench
        .machine
        .play("sink", Script::good().ends(after, ExitStatus::Code(0)));
    let report = bench.run(&chain()).await;
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.error);
    let did = bench.machine.did();
    let of = |what: &str| {
        did.iter()
            .filter(|did| did.starts_with(what))
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut dialled = of("start");
    dialled.retain(|did| did != "start store");
    assert_eq!(dialled, ["start source", "start middle", "start sink"]);
    assert_eq!(of("stop"), ["stop source", "stop middle", "stop store"]);
    assert_eq!(of("drain"), ["drain source", "drain middle", "drain sink"]);
    assert!(
        did.iter().position(|did| did.starts_with("stop"))
            > did.iter().rposition(|did| did.starts_with("drain"))
    );
    let states: Vec<_> = report
        .status
        .components
        .iter()
        .map(|c| (c.id.as_str(), &c.state))
        .collect();
    assert_eq!(states[2], ("sink", &ComponentState::Finished));
    assert_eq!(bench.machine.running(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_chain_in_order() {
    let bench = Bench::new();
    let run = bench.start(&chain());
    until(&run, "sink", ComponentState::Ready).await;
    bench.machine.did();
    run.stop(Duration::from_secs(30));
    let report = run.wait().await;
    assert_eq!(report.outcome, Outcome::Drained, "{:?}", report.error);
    let mut did = bench.machine.did();
    did.retain(|did| did.starts_with("stop"));
    assert_eq!(
        did,
        ["stop source", "stop middle", "stop sink", "stop store"]
    );
}

#[tokio::test(start_paused = true)]
async fn who_does_not_listen_is_forced_and_named_and_more_haste_forces_sooner() {
    let bench = Bench::new();
    let deaf = Script {
        ends_within: None,
        ..Script::good()
    };
    bench.machine.play("middle", deaf);
    for (first, second) in [(5, None), (3_600, Some(1))] {
        let run = bench.start(&chain());
        until(&run, "sink", ComponentState::Ready).await;
        let began = tokio::time::Instant::now();
        let mut spec = chain();
        spec.stop_within = Duration::from_secs(first);
        run.stop(Duration::from_secs(first));
        if let Some(second) = second {
            tokio::time::sleep(Duration::from_secs(1)).await;
            run.stop(Duration::from_secs(second));
        }
        let report = run.wait().await;
        assert_eq!(report.outcome, Outcome::Forced);
        assert_eq!(report.forced, [component("middle")]);
        assert!(
            began.elapsed() <= Duration::from_secs(6),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(bench.machine.running(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn flowctl_carries_records_from_through_and_to_programs() {
    let native_sink = || Component::native("vault");
    let spec = |name: &str, source: Component, middle: Component, sink: Component| {
        PipelineSpec::builder(name)
            .source("source", source)
            .processor("middle", middle.input("source"))
            .sink("sink", sink.input("middle"))
            .build()
            .unwrap()
    };
    for pipeline in [
        spec("from", program(), program(), native_sink()),
        spec(
            "through",
            Component::native("numbers"),
            program(),
            native_sink(),
        ),
        spec("to", Component::native("numbers"), program(), program()),
    ] {
        let bench = Bench::new();
        let report = bench.run(&pipeline).await;
        assert_eq!(
            report.outcome,
            Outcome::Completed,
            "{}: {:?}",
            pipeline.name,
            report.error
        );
        has_all(&bench.vault);
        assert_eq!(bench.machine.running(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_is_told_where_everything_is() {
    let bench = Bench::new();
    let run = bench.start(&chain());
    until(&run, "sink", ComponentState::Ready).await;
    let told = bench.machine.environment("middle");
    for (name, value) in [
        ("FLOWCTL_ENDPOINT", "127.0.0.1:8080"),
        ("FLOWCTL_COMPONENT_ID", "middle"),
        ("PORT", ":50051"),
        ("FLOWCTL_INPUTS", "source=source:50051"),
    ] {
        assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(
        !bench
            .machine
            .environment("store")
            .contains_key("FLOWCTL_ENDPOINT")
    );
    run.stop(Duration::ZERO);
    run.wait().await;
}

#[tokio::test(start_paused = true)]
async fn who_depends_on_others_waits_until_they_have_come_so_far() {
    let bench = Bench::new();
    bench.machine.play(
        "job",
        Script::good().ends(Duration::from_secs(5), ExitStatus::Code(0)),
    );
    bench.machine.play(
        "talker",
        Script {
            writes: vec!["listening on 1"],
            ..Script::good()
        },
    );
    let spec = PipelineSpec::builder("depends")
        .source("source", program().depends_on("job", Condition::Completed))
        .sink(
            "sink",
            program()
                .input("source")
                .depends_on("talker", Condition::Log("listening".to_owned())),
        )
        .service("job", Component::process(["job"]))
        .service(
            "talker",
            Component::process(["talker"]).depends_on("late", Condition::Registered),
        )
        .service("late", Component::process(["late"]))
        .build()
        .unwrap();
    let run = bench.start(&spec);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!bench.machine.running().contains(&"talker".to_owned()));
    let mut registration = Registration::default();
    registration.component_id = Some("late".to_owned());
    bench.roster.register(registration).unwrap();
    until(&run, "sink", ComponentState::Ready).await;
    run.stop(Duration::ZERO);
    run.wait().await;
    let did = bench.machine.did();
    let place = |what: &str| did.iter().position(|did| did == what).unwrap();
    assert!(place("start late") < place("start talker"));
    assert!(place("start talker") < place("start sink"));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_fails_takes_those_that_wait_for_it_with_it() {
    let bench = Bench::new();
    bench.machine.play(
        "job",
        Script::good().ends(Duration::from_secs(5), ExitStatus::Code(1)),
    );
    let spec = PipelineSpec::builder("depends")
        .source("source", program().depends_on("job", Condition::Completed))
        .sink("sink", program().input("source"))
        .service("job", Component::process(["job"]))
        .build()
        .unwrap();
    let report = bench.run(&spec).await;
    let error = report.error.unwrap();
    assert_eq!(error.component(), Some(&component("job")), "{error}");
    assert_eq!(bench.machine.running(), [""; 0]);
}

#[test]
fn what_nothing_can_honour_is_refused_by_the_plan_and_what_is_set_aside_is_said() {
    let bench = Bench::new();
    let spec = |component: Component| {
        PipelineSpec::builder("fields")
            .source("source", program())
            .processor("middle", component.input("source"))
            .sink("sink", program().input("middle"))
            .build()
            .unwrap()
    };
    let elsewhere = program().with(|component| component.working_dir = Some("/".to_owned()));
    let two = program().replicas(2).stateless(true);
    for (component, field) in [(elsewhere, "working_dir"), (two, "replicas")] {
        let refused = bench.runner().plan(&spec(component)).unwrap_err();
        let of_field = refused
            .diagnostics()
            .iter()
            .filter(|found| found.path().ends_with(field));
        let codes: Vec<_> = of_field.map(|found| found.code.as_str()).collect();
        assert_eq!(codes, ["S131"], "{field}");
    }
    let aside = program().with(|component| component.image_policy = ImagePolicy::Never);
    let plan = bench.runner().plan(&spec(aside)).unwrap();
    assert!(plan.to_string().contains("W207"), "{plan}");
}
