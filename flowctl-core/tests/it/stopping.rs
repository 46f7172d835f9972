//! Drain, deadline, force.

use std::time::Duration;

use flowctl_core::{
    Outcome,
    run::RunEventKind,
    testing::{Numbers, Vault, VaultFault},
};
use futures_util::StreamExt as _;

use crate::lab::{Lab, id};

fn endless(vault: &Vault) -> Lab {
    Lab::new()
        .numbers("in", Numbers::to(50).then_idle())
        .vault("out", &["in"], vault)
}

#[tokio::test]
async fn a_stop_delivers_what_is_in_flight() {
    let vault = Vault::new();
    let numbers = Numbers::to(u64::MAX);
    let lab = Lab::new()
        .numbers("in", numbers)
        .vault("out", &["in"], &vault);
    let run = lab.start();
    while vault.writes() < 5 {
        tokio::task::yield_now().await;
    }
    run.stop(Duration::from_secs(30));
    let report = run.wait().await;
    assert_eq!(report.outcome, Outcome::Drained, "{:?}", report.error);
    let sequences = vault.sequences();
    assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>());
    let source = &report.status.components[0];
    assert_eq!(
        source.durable,
        Some(source.events_out),
        "nothing handed out is left behind"
    );
}

#[tokio::test]
async fn a_source_that_waits_for_its_origin_stops_at_once() {
    let vault = Vault::new();
    let run = endless(&vault).start();
    while vault.sequences().len() < 50 {
        tokio::task::yield_now().await;
    }
    run.stop(Duration::from_secs(30));
    assert_eq!(run.wait().await.outcome, Outcome::Drained);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_end_in_time_is_forced_and_named() {
    let vault = Vault::new();
    vault.plan([VaultFault::Hang]);
    let run = endless(&vault).start();
    tokio::time::sleep(Duration::from_millis(10)).await;
    run.stop(Duration::from_secs(5));
    let report = run.wait().await;
    assert_eq!(report.outcome, Outcome::Forced);
    assert!(report.forced.contains(&id("out")), "{:?}", report.forced);
    assert_eq!(vault.sequences(), [0_u64; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_second_stop_makes_it_more_urgent() {
    let vault = Vault::new();
    vault.plan([VaultFault::Hang]);
    let run = endless(&vault).start();
    tokio::time::sleep(Duration::from_millis(10)).await;
    run.stop(Duration::from_secs(3_600));
    tokio::time::sleep(Duration::from_millis(10)).await;
    let control = run.control();
    control.stop(Duration::ZERO);
    let waited = tokio::time::timeout(Duration::from_secs(60), run.wait()).await;
    assert_eq!(
        waited.expect("forced long before the hour is over").outcome,
        Outcome::Forced
    );
}

#[tokio::test]
async fn dropping_the_handle_asks_for_a_stop() {
    let vault = Vault::new();
    let run = endless(&vault).start();
    let mut events = run.events();
    drop(run);
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        if let RunEventKind::Ended(outcome) = event.kind {
            seen.push(outcome);
        }
    }
    assert_eq!(seen, [Outcome::Drained]);
}

#[tokio::test]
async fn events_end_with_the_run_also_for_those_who_come_late() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .vault("out", &["in"], &vault);
    let run = lab.start();
    let (events, control) = (run.events(), run.control());
    let ended = |event: &flowctl_core::run::RunEvent| {
        matches!(event.kind, RunEventKind::Ended(Outcome::Completed))
    };
    let all: Vec<_> = events.collect().await;
    assert!(all.last().is_some_and(ended));
    let late: Vec<_> = control.events().collect().await;
    assert!(late.len() == 1 && late.iter().all(ended));
}
