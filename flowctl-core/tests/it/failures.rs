//! What errors do: retry, skip, dead letters, stop; contracts and panics.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use flowctl_core::{
    ComponentError, Event, Outcome, Path, Processor, adapt,
    component::Output,
    event::Batch,
    run::{DeadLetter, RunErrorKind},
    spec::{Final, Role},
    testing::{Numbers, Vault, VaultFault},
};

use crate::lab::{Lab, id, status};

/// Refuses the numbers that it does not like, in the way it was told.
struct Picky(fn(&Event) -> Option<ComponentError>);

#[async_trait::async_trait]
impl Processor for Picky {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        match batch.events().iter().find_map(self.0) {
            Some(error) => Err(error),
            None => Ok(batch.events().to_vec().into()),
        }
    }
}

fn sevens(event: &Event) -> Option<ComponentError> {
    (event.sequence().is_multiple_of(7)).then(|| ComponentError::new("a seven"))
}

fn skip_sevens(event: &Event) -> Option<ComponentError> {
    let key = (event.sequence(), Path::root());
    (event.sequence().is_multiple_of(7)).then(|| ComponentError::skip("a seven", vec![key]))
}

fn picky(judge: fn(&Event) -> Option<ComponentError>, then: Final, vault: &Vault) -> Lab {
    Lab::new()
        .numbers("in", Numbers::to(30).per_batch(10))
        .processor("picky", &["in"], move || Box::new(Picky(judge)))
        .with("picky", |picky| picky.on_error.then = then)
        .vault("out", &["picky"], vault)
}

#[tokio::test]
async fn an_error_that_passes_is_retried() {
    let vault = Vault::new();
    vault.plan([
        VaultFault::Retry,
        VaultFault::Retry,
        VaultFault::None,
        VaultFault::Retry,
    ]);
    let lab = Lab::new()
        .numbers("in", Numbers::to(100))
        .vault("out", &["in"], &vault);
    let report = lab.complete().await;
    assert_eq!(vault.sequences(), (1..=100).collect::<Vec<_>>());
    assert_eq!(status(&report, "out").retries, 3);
}

#[tokio::test]
async fn an_error_that_says_nothing_is_not_retried_and_stops_by_default() {
    let vault = Vault::new();
    let report = picky(sevens, Final::Stop, &vault).run().await;
    assert_eq!(report.outcome, Outcome::Failed);
    let error = report.error.as_ref().unwrap();
    assert_eq!(
        (error.code(), error.component()),
        ("R401", Some(&id("picky")))
    );
    assert_eq!(status(&report, "picky").retries, 0);
    assert_eq!(
        vault.sequences(),
        [0_u64; 0],
        "the batch with the seven never passed"
    );
    assert_eq!(
        status(&report, "in").durable,
        None,
        "and is not acknowledged"
    );
}

#[tokio::test]
async fn what_a_component_wants_to_skip_is_left_out_and_counted() {
    let vault = Vault::new();
    let report = picky(skip_sevens, Final::Skip, &vault).complete().await;
    assert_eq!(
        vault.sequences(),
        (1..=30).filter(|n| n % 7 != 0).collect::<Vec<_>>()
    );
    let dropped = &status(&report, "picky").dropped;
    assert_eq!(
        dropped.get("skipped after an error"),
        Some(&4),
        "{dropped:?}"
    );
    assert_eq!(status(&report, "in").durable, Some(30));
}

#[tokio::test]
async fn what_a_component_wants_to_skip_ends_the_run_unless_the_policy_goes_on() {
    let vault = Vault::new();
    let report = picky(skip_sevens, Final::Stop, &vault).run().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(status(&report, "in").durable, None);
}

#[tokio::test]
async fn the_policy_skip_finds_the_records_that_fail() {
    let vault = Vault::new();
    let report = picky(sevens, Final::Skip, &vault).complete().await;
    assert_eq!(
        vault.sequences(),
        (1..=30).filter(|n| n % 7 != 0).collect::<Vec<_>>()
    );
    assert_eq!(
        status(&report, "picky")
            .dropped
            .get("skipped after an error"),
        Some(&4)
    );
}

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

#[tokio::test]
async fn a_failing_sink_writes_what_it_can_and_rejects_the_rest() {
    let vault = Vault::new();
    // The group, then the batch, then the first record: that one is rejected.
    vault.plan([
        VaultFault::Unspecified,
        VaultFault::Unspecified,
        VaultFault::Unspecified,
    ]);
    let lab = Lab::new()
        .numbers("in", Numbers::to(5).per_batch(5))
        .vault("out", &["in"], &vault)
        .with("out", |out| out.on_error.then = Final::Skip);
    let report = lab.complete().await;
    assert_eq!(vault.sequences(), [2, 3, 4, 5]);
    assert_eq!(vault.positions()[&id("in")], 5);
    assert_eq!(
        status(&report, "out").dropped.get("skipped after an error"),
        Some(&1)
    );
}

#[tokio::test]
async fn no_policy_helps_a_component_that_cannot_go_on() {
    let vault = Vault::new();
    vault.plan([VaultFault::Stop]);
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .vault("out", &["in"], &vault)
        .with("out", |out| out.on_error.then = Final::Skip);
    assert_eq!(lab.run().await.outcome, Outcome::Failed);
}

#[tokio::test]
async fn when_retries_are_used_up_the_pipeline_starts_again_at_the_checkpoint() {
    let vault = Vault::new();
    vault.plan(
        [VaultFault::None]
            .into_iter()
            .chain(std::iter::repeat_n(VaultFault::Retry, 6)),
    );
    let lab = Lab::new()
        .numbers("in", Numbers::to(200))
        .vault("out", &["in"], &vault);
    let report = lab.complete().await;
    assert_eq!(status(&report, "out").generation, 2);
    assert_eq!(
        vault.sequences(),
        (1..=200).collect::<Vec<_>>(),
        "nothing twice, nothing missing"
    );
}

#[tokio::test]
async fn the_restart_budget_ends() {
    let vault = Vault::new();
    vault.plan(std::iter::repeat_n(VaultFault::Retry, 1_000));
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .vault("out", &["in"], &vault)
        .with("out", |out| out.restart.budget.restarts = 2)
        .with("out", |out| out.on_error.retry.attempts = 1);
    let report = lab.run().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(status(&report, "out").generation, 3);
}

#[tokio::test]
async fn a_panic_is_an_error_that_names_the_component() {
    let vault = Vault::new();
    vault.plan([VaultFault::Panic]);
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .vault("out", &["in"], &vault);
    let error = lab.run().await.error.unwrap();
    assert_eq!(
        *error.kind(),
        RunErrorKind::Panicked {
            message: "the vault panics".into()
        }
    );
    assert_eq!(error.component(), Some(&id("out")));
}

#[tokio::test]
async fn a_source_whose_sequences_do_not_rise_breaks_its_contract() {
    let vault = Vault::new();
    let lab = Lab::new()
        .source("in", || {
            adapt::source("ones", |_| {
                let one = || {
                    Event::new(
                        "test.one".parse().unwrap(),
                        1,
                        flowctl_core::Payload::bytes(""),
                    )
                };
                std::iter::repeat_with(one)
            })
        })
        .vault("out", &["in"], &vault);
    let error = lab.run().await.error.unwrap();
    assert_eq!(error.code(), "R402", "{error}");
}

#[tokio::test]
async fn a_component_that_cannot_be_opened_closes_the_others() {
    let closed = Arc::new(AtomicU32::new(0));
    struct Closing(Arc<AtomicU32>);
    #[async_trait::async_trait]
    impl flowctl_core::Sink for Closing {
        async fn open(
            &mut self,
            _open: &flowctl_core::component::OpenSink,
        ) -> Result<flowctl_core::component::Held, ComponentError> {
            Ok(flowctl_core::component::Held::Unknown)
        }
        async fn write(&mut self, _batches: &[Batch]) -> Result<(), ComponentError> {
            Ok(())
        }
        async fn close(&mut self) -> Result<(), ComponentError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    struct Broken;
    #[async_trait::async_trait]
    impl Processor for Broken {
        async fn open(&mut self) -> Result<(), ComponentError> {
            Err(ComponentError::new("no model file").help("put one there"))
        }
        async fn process(&mut self, _batch: &Batch) -> Result<Output, ComponentError> {
            Ok(Output::new())
        }
    }
    let counter = Arc::clone(&closed);
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .processor("broken", &["in"], || Box::new(Broken))
        .sink("out", &["broken"], move || {
            Box::new(Closing(Arc::clone(&counter)))
        });
    let report = lab.run().await;
    let error = report.error.unwrap();
    assert_eq!(
        (error.code(), error.help()),
        ("F301", Some("put one there"))
    );
    assert_eq!(closed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_workload_that_no_executor_starts_is_named() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .vault("out", &["in"], &vault)
        .with("in", |source| {
            source.uses = None;
            source.image = Some("numbers:latest".into());
            assert_eq!(source.role, Role::Source);
        });
    let error = lab.run().await.error.unwrap();
    assert_eq!(error.code(), "F302");
}
