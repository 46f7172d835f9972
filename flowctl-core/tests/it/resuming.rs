//! What the next run does with what the last one left.

use flowctl_core::{
    Outcome,
    run::RunErrorKind,
    testing::{Numbers, Vault, VaultFault},
};

use crate::lab::{Lab, status};

fn lab(lab: &Lab, last: u64, vault: &Vault) -> Lab {
    lab.next_process()
        .numbers("in", Numbers::to(last).per_batch(3))
        .vault("out", &["in"], vault)
}

#[tokio::test]
async fn a_finished_bounded_run_goes_on_when_its_end_is_raised() {
    let (process, vault) = (Lab::new(), Vault::new());
    lab(&process, 10, &vault).complete().await;
    lab(&process, 10, &vault).complete().await;
    assert_eq!(vault.sequences(), (1..=10).collect::<Vec<_>>());
    lab(&process, 25, &vault).complete().await;
    assert_eq!(vault.sequences(), (1..=25).collect::<Vec<_>>());
}

#[tokio::test]
async fn after_a_failure_the_next_run_delivers_the_rest_once() {
    let (process, vault) = (Lab::new(), Vault::new());
    vault.plan([VaultFault::None, VaultFault::None, VaultFault::Stop]);
    let report = lab(&process, 100, &vault).run().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(vault.sequences().len() < 100);
    lab(&process, 100, &vault).complete().await;
    assert_eq!(vault.sequences(), (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_sink_that_lost_its_data_gets_it_again() {
    let (process, vault) = (Lab::new(), Vault::new());
    lab(&process, 10, &vault).complete().await;
    vault.clear();
    lab(&process, 12, &vault).complete().await;
    assert_eq!(vault.sequences(), (1..=12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_lost_state_repeats_nothing_in_a_sink_that_keeps_positions() {
    let vault = Vault::new();
    lab(&Lab::new(), 10, &vault).complete().await;
    lab(&Lab::new(), 20, &vault).complete().await;
    assert_eq!(vault.sequences(), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_sink_without_positions_goes_on_at_the_checkpoint() {
    let (process, vault) = (Lab::new(), Vault::without_positions());
    lab(&process, 10, &vault).complete().await;
    lab(&process, 20, &vault).complete().await;
    assert_eq!(vault.sequences(), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_new_sink_beside_an_old_one_gets_everything() {
    let (process, old, new) = (Lab::new(), Vault::new(), Vault::new());
    lab(&process, 10, &old).complete().await;
    lab(&process, 10, &old)
        .vault("new", &["in"], &new)
        .complete()
        .await;
    assert_eq!(old.sequences(), (1..=10).collect::<Vec<_>>());
    assert_eq!(new.sequences(), (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_source_behind_the_same_name_is_refused_with_both_values() {
    let (process, vault) = (Lab::new(), Vault::new());
    lab(&process, 10, &vault).complete().await;
    let other = process
        .next_process()
        .numbers("in", Numbers::to(20).called("other numbers"))
        .vault("out", &["in"], &vault);
    let error = other.run().await.error.unwrap();
    assert_eq!(
        *error.kind(),
        RunErrorKind::OtherSource {
            stored: "numbers".into(),
            found: "other numbers".into()
        }
    );
    assert_eq!(error.code(), "F304");
    assert_eq!(vault.sequences().len(), 10);
}

#[tokio::test]
async fn a_source_that_cannot_go_back_is_refused_to_a_sink_that_lost_its_data() {
    let (process, vault) = (Lab::new(), Vault::new());
    let numbers = || Numbers::to(10).without_rewind();
    let lab = || {
        process
            .next_process()
            .numbers("in", numbers())
            .vault("out", &["in"], &vault)
    };
    lab().complete().await;
    lab().complete().await;
    vault.clear();
    let error = lab().run().await.error.unwrap();
    assert_eq!(
        *error.kind(),
        RunErrorKind::CannotRewind {
            checkpoint: 10,
            sink_has: None
        }
    );
}

#[tokio::test]
async fn the_report_says_how_far_everything_is_durable() {
    let (process, vault) = (Lab::new(), Vault::new());
    let report = lab(&process, 10, &vault).complete().await;
    let source = status(&report, "in");
    assert_eq!((source.durable, source.lag()), (Some(10), Some(0)));
}

#[tokio::test]
async fn pipelines_of_one_runner_have_their_own_checkpoints() {
    let process = Lab::new();
    let (one, other) = (Vault::without_positions(), Vault::without_positions());
    lab(&process, 10, &one).complete().await;
    let mut second = lab(&process, 10, &other);
    second.spec.name = "other".parse().unwrap();
    second.complete().await;
    assert_eq!(other.sequences(), (1..=10).collect::<Vec<_>>());
}
