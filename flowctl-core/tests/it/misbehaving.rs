//! What becomes of a run when a component outside this process does not behave. Time is paused.

use std::time::Duration;

use flowctl_core::{
    Outcome, PipelineSpec,
    executor::ExitStatus,
    run::ComponentState,
    spec::{Check, Component, Probe, Restart, RestartPolicy},
    testing::Numbers,
};

use crate::{
    programs::{Script, component},
    served::{Bench, chain, has_all, program, until},
};

#[tokio::test(start_paused = true)]
async fn who_never_becomes_ready_is_named_with_the_last_answer_and_those_that_waited() {
    let bench = Bench::new();
    let never = Script {
        unready: None,
        writes: vec!["no luck"],
        ..Script::good()
    };
    bench.machine.play("middle", never);
    let report = bench.run(&chain()).await;
    let error = report.error.unwrap();
    assert_eq!((report.outcome, error.code()), (Outcome::Failed, "F307"));
    assert_eq!(error.component(), Some(&component("middle")));
    assert_eq!(error.blocked(), [component("sink")]);
    assert_eq!(error.last_lines(), ["no luck"]);
    let text = flowctl_core::Chain(&error).to_string();
    assert!(
        text.contains("waited 30s") && text.contains("503 starting"),
        "{text}"
    );
    assert_eq!(bench.machine.running(), [""; 0]);
    assert!(!bench.machine.did().contains(&"start sink".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn who_ends_before_it_is_ready_is_named_at_once() {
    let bench = Bench::new();
    let broken = Script {
        unready: None,
        writes: vec!["no such file"],
        ..Script::good()
    };
    bench.machine.play(
        "source",
        broken.ends(Duration::from_millis(200), ExitStatus::Code(3)),
    );
    let began = tokio::time::Instant::now();
    let report = bench.run(&chain()).await;
    let error = report.error.unwrap();
    assert_eq!(error.code(), "F308");
    assert_eq!(
        error.to_string(),
        "`source` exited with code 3 before it was ready"
    );
    assert_eq!(error.last_lines(), ["no such file"]);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(bench.machine.running(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_ends_badly_is_started_again_as_often_as_it_may() {
    let bench = Bench::new();
    let script = Script::good().ends(Duration::from_secs(2), ExitStatus::Signal(11));
    bench.machine.play("source", script);
    let report = bench.run(&chain()).await;
    let error = report.error.unwrap();
    assert_eq!(error.code(), "R406");
    assert_eq!(error.to_string(), "`source` was ended by signal 11");
    let mut did = bench.machine.did();
    did.retain(|did| did == "start source");
    assert_eq!(did.len(), 6, "once, and five times again");
    assert_eq!(bench.machine.running(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn records_survive_the_death_of_the_program_that_they_come_from() {
    let mut bench = Bench::new();
    bench.numbers = Numbers::to(100).then_idle();
    let spec = PipelineSpec::builder("death")
        .source("source", program())
        .sink("sink", Component::native("vault").input("source"))
        .build()
        .unwrap();
    let run = bench.start(&spec);
    while bench.vault.sequences().len() < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.machine.end("source", &ExitStatus::Signal(9));
    while run.status().components[0].generation < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    until(&run, "sink", ComponentState::Ready).await;
    run.stop(Duration::from_secs(30));
    let report = run.wait().await;
    assert_eq!(report.outcome, Outcome::Drained, "{:?}", report.error);
    has_all(&bench.vault);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_any_more_is_not_alive() {
    let bench = Bench::new();
    let spec = PipelineSpec::builder("alive")
        .source("source", program())
        .sink(
            "sink",
            program().input("source").with(|component| {
                component.restart = Restart::new(RestartPolicy::Never);
                component.probes.live = Some(Probe::new(Check::Exec {
                    command: vec!["true".to_owned()],
                }));
            }),
        )
        .build()
        .unwrap();
    let report = bench.run(&spec).await;
    let error = report.error.unwrap();
    assert_eq!(
        error.code(),
        "R407",
        "this executor cannot run commands, so the probe fails"
    );
    assert_eq!(error.component(), Some(&component("sink")));
    assert_eq!(bench.machine.running(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_is_forced_and_started_again() {
    let bench = Bench::new();
    let deaf = Script {
        ends_within: None,
        ..Script::good()
    };
    bench.machine.play("sink", deaf);
    let live = Probe::new(Check::Exec {
        command: vec!["true".to_owned()],
    });
    let hangs = program()
        .input("source")
        .with(|component| component.probes.live = Some(live));
    let spec = PipelineSpec::builder("hangs")
        .source("source", program())
        .sink("sink", hangs)
        .build()
        .unwrap();
    let report = bench.run(&spec).await;
    assert_eq!(report.error.unwrap().code(), "R407");
    let mut did = bench.machine.did();
    did.retain(|did| did == "start sink");
    assert_eq!(did.len(), 6, "once, and five times again");
    assert_eq!(bench.machine.running(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_come_up_again_at_once_is_tried_again() {
    let bench = Bench::new();
    let run = bench.start(&chain());
    until(&run, "sink", ComponentState::Ready).await;
    let broken = Script {
        unready: None,
        ..Script::good()
    };
    let broken = broken.ends(Duration::from_millis(1), ExitStatus::Code(1));
    bench.machine.play("source", broken);
    bench.machine.end("source", &ExitStatus::Signal(9));
    bench.machine.did();
    while bench.machine.running().is_empty() || run.status().components[0].generation < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.machine.play("source", Script::good());
    until(&run, "sink", ComponentState::Ready).await;
    run.stop(Duration::from_secs(30));
    assert_eq!(run.wait().await.outcome, Outcome::Drained);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_flowctl_left_is_ended_before_it_is_started_again() {
    let bench = Bench::new();
    let crash = |bench: &Bench| {
        let run = bench.start(&chain());
        async move {
            until(&run, "sink", ComponentState::Ready).await;
            // Nobody stops it: to a second flowctl the machine looks as after a crash.
            run
        }
    };
    let first = crash(&bench).await;
    bench.machine.did();
    let run = bench.start(&chain());
    until(&run, "sink", ComponentState::Ready).await;
    let did = bench.machine.did();
    let place = |what: &str| did.iter().position(|did| did == what);
    for id in ["source", "middle", "sink", "store"] {
        assert!(
            place(&format!("stop {id}")) < place(&format!("start {id}")),
            "{did:?}"
        );
    }
    run.stop(Duration::ZERO);
    run.wait().await;
    let second = crash(&bench).await;
    bench.machine.did();
    bench.machine.be_blind();
    let report = bench.run(&chain()).await;
    assert_eq!(report.error.unwrap().code(), "F309");
    assert_eq!(bench.machine.did(), [""; 0], "nothing was touched");
    drop((first, second));
}
