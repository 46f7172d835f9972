//! What becomes of a record that is given up on, where somebody takes it.

use flowctl_core::{
    Outcome,
    run::DeadLetter,
    spec::Final,
    testing::{Numbers, Vault, VaultFault},
};

use crate::{
    failures::{picky, sevens},
    lab::{Lab, id, status},
};

#[tokio::test]
async fn dead_letters_carry_the_record_its_place_and_the_reason() {
    let (vault, letters) = (Vault::new(), Vault::new());
    let mut lab = picky(sevens, Final::DeadLetter, &vault)
        .with("picky", |picky| {
            picky.on_error.dead_letter = Some(id("letters"))
        })
        .vault("letters", &[], &letters);
    lab.registry.event::<DeadLetter>().unwrap();
    let report = lab.complete().await;
    assert_eq!(
        vault.sequences(),
        (1..=30).filter(|n| n % 7 != 0).collect::<Vec<_>>()
    );
    assert_eq!(letters.sequences(), [7, 14, 21, 28]);
    assert_eq!(
        letters.positions()[&id("in")],
        30,
        "the dead letters know how far the stream is"
    );
    assert_eq!(status(&report, "picky").dead_letters, 4);
    assert_eq!(status(&report, "in").durable, Some(30));
}

#[tokio::test]
async fn a_dead_letter_must_be_durable_before_its_record_is_acknowledged() {
    let (vault, letters) = (Vault::new(), Vault::new());
    letters.plan([VaultFault::Stop]);
    let lab = picky(sevens, Final::DeadLetter, &vault)
        .with("picky", |picky| {
            picky.on_error.dead_letter = Some(id("letters"))
        })
        .vault("letters", &[], &letters);
    let report = lab.run().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(status(&report, "in").durable, None);
}

/// A sink that rejects the number 3 and says what it holds.
fn rejecting(vault: &Vault, letters: &Vault) -> Lab {
    let faults = [
        VaultFault::Unspecified, // the group
        VaultFault::Unspecified, // the batch
        VaultFault::None,        // 1
        VaultFault::None,        // 2
        VaultFault::Unspecified, // 3
    ];
    vault.plan(faults);
    lettered(&Lab::new(), vault, letters)
}

fn lettered(process: &Lab, vault: &Vault, letters: &Vault) -> Lab {
    process
        .next_process()
        .numbers("in", Numbers::to(5).per_batch(5))
        .vault("out", &["in"], vault)
        .with("out", |out| {
            out.on_error.then = Final::DeadLetter;
            out.on_error.dead_letter = Some(id("letters"));
        })
        .vault("letters", &[], letters)
}

#[tokio::test]
async fn what_a_sink_rejects_becomes_a_dead_letter() {
    let (vault, letters) = (Vault::new(), Vault::new());
    rejecting(&vault, &letters).complete().await;
    assert_eq!(vault.sequences(), [1, 2, 4, 5]);
    assert_eq!(letters.sequences(), [3]);
}

#[tokio::test]
async fn a_dead_letter_that_a_crash_cut_off_is_sent_by_the_next_run() {
    let (vault, letters) = (Vault::new(), Vault::new());
    letters.plan([VaultFault::Stop]);
    let first = rejecting(&vault, &letters);
    assert_eq!(first.run().await.outcome, Outcome::Failed);
    assert_eq!(
        vault.positions()[&id("in")],
        5,
        "the sink has passed what it rejected"
    );
    assert_eq!(letters.sequences(), [0_u64; 0]);
    lettered(&first, &vault, &letters).complete().await;
    assert_eq!(vault.sequences(), [1, 2, 4, 5]);
    assert_eq!(letters.sequences(), [3]);
}

#[tokio::test]
async fn an_edge_that_may_lag_sends_what_it_has_no_room_for_to_its_readers_dead_letters() {
    use flowctl_core::spec::{Excess, Input, OnFull};
    let (slow, letters) = (Vault::new(), Vault::new());
    slow.plan(std::iter::repeat_n(VaultFault::Retry, 4));
    let bytes = flowctl_core::ByteSize::from_mib(1);
    let lag = OnFull::Lag {
        events: 10,
        bytes,
        then: Excess::DeadLetter,
    };
    let lab = Lab::new()
        .numbers("in", Numbers::to(5_000))
        .vault("slow", &[], &slow)
        .with("slow", |slow| {
            slow.inputs = vec![Input::new(id("in")).on_full(lag)];
            slow.on_error.dead_letter = Some(id("letters"));
            slow.on_error.retry.backoff.base = std::time::Duration::from_millis(50);
        })
        .vault("letters", &[], &letters);
    let report = lab.complete().await;
    let mut all = [slow.sequences(), letters.sequences()].concat();
    all.sort_unstable();
    assert_eq!(all, (1..=5_000).collect::<Vec<_>>());
    assert!(
        !letters.sequences().is_empty(),
        "the edge was never full: this test shows nothing"
    );
    assert_eq!(
        status(&report, "in").dead_letters,
        letters.sequences().len() as u64
    );
}
