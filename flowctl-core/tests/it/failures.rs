//! What errors do: retry, skip, stop; contracts and panics. Dead letters are beside it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use flowctl_core::{
    ComponentError, Event, Outcome, Path, Processor, adapt,
    component::Output,
    event::Batch,
    run::RunErrorKind,
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

pub(crate) fn sevens(event: &Event) -> Option<ComponentError> {
    (event.sequence().is_multiple_of(7)).then(|| ComponentError::new("a seven"))
}

fn skip_sevens(event: &Event) -> Option<ComponentError> {
    let key = (event.sequence(), Path::root());
    (event.sequence().is_multiple_of(7)).then(|| ComponentError::skip("a seven", vec![key]))
}

pub(crate) fn picky(
    judge: fn(&Event) -> Option<ComponentError>,
    then: Final,
    vault: &Vault,
) -> Lab {
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

#[tokio::test]
async fn a_panic_while_opening_is_an_error_that_names_the_component() {
    struct Panicking;
    #[async_trait::async_trait]
    impl Processor for Panicking {
        async fn open(&mut self) -> Result<(), ComponentError> {
            panic!("no such variable")
        }
        async fn process(&mut self, _batch: &Batch) -> Result<Output, ComponentError> {
            Ok(Output::new())
        }
    }
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .processor("step", &["in"], || Box::new(Panicking))
        .vault("out", &["step"], &vault);
    let error = lab.run().await.error.unwrap();
    assert_eq!(
        *error.kind(),
        RunErrorKind::Panicked {
            message: "no such variable".into()
        }
    );
    assert_eq!(error.component(), Some(&id("step")));
}

#[tokio::test]
async fn an_event_that_follows_from_none_breaks_the_contract_of_its_processor() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(5))
        .processor("step", &["in"], || {
            adapt::map(|event| {
                Ok(Event::new(
                    event.event_type().clone(),
                    0,
                    event.payload().clone(),
                ))
            })
        })
        .vault("out", &["step"], &vault);
    assert_eq!(lab.run().await.error.unwrap().code(), "R402");
}

#[tokio::test]
async fn a_closure_gets_no_event_twice_because_a_later_one_failed() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let failed = Arc::new(AtomicU32::new(0));
    let lab = {
        let (seen, failed) = (Arc::clone(&seen), Arc::clone(&failed));
        Lab::new()
            .numbers("in", Numbers::to(9).per_batch(9))
            .sink("out", &["in"], move || {
                let (seen, failed) = (Arc::clone(&seen), Arc::clone(&failed));
                adapt::sink(move |event| {
                    if event.sequence() == 5 && failed.fetch_add(1, Ordering::SeqCst) < 2 {
                        return Err(ComponentError::retry("not now"));
                    }
                    seen.lock().unwrap().push(event.sequence());
                    Ok(())
                })
            })
    };
    lab.complete().await;
    assert_eq!(*seen.lock().unwrap(), (1..=9).collect::<Vec<_>>());
}

/// Counts to 3, then fails for good.
struct Breaking(u64);

#[async_trait::async_trait]
impl flowctl_core::Source for Breaking {
    async fn identify(
        &mut self,
    ) -> Result<flowctl_core::component::SourceIdentity, ComponentError> {
        Ok(flowctl_core::component::SourceIdentity::new("breaking"))
    }
    async fn open(
        &mut self,
        resume: flowctl_core::component::Resume,
    ) -> Result<(), ComponentError> {
        self.0 = resume.after.map_or(0, |position| position.sequence);
        Ok(())
    }
    async fn next(&mut self) -> Result<flowctl_core::component::Next, ComponentError> {
        use flowctl_core::{component::Next, event::SourceBatch};
        if self.0 == 3 {
            return Err(ComponentError::new("the origin is gone"));
        }
        self.0 += 1;
        let event_type = flowctl_core::testing::NUMBER.parse().unwrap();
        let event = Event::new(event_type, self.0, flowctl_core::Payload::bytes("x"));
        Ok(Next::Batch(SourceBatch::new(
            vec![event],
            flowctl_core::Position::at(self.0),
        )))
    }
}

#[tokio::test]
async fn what_a_failing_source_handed_out_is_delivered_and_not_repeated() {
    let process = Lab::new();
    let vault = Vault::without_positions();
    let lab = || {
        process
            .next_process()
            .source("in", || Box::new(Breaking(0)))
            .vault("out", &["in"], &vault)
    };
    let report = lab().run().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(status(&report, "in").durable, Some(3));
    lab().run().await;
    assert_eq!(vault.sequences(), [1, 2, 3]);
}
