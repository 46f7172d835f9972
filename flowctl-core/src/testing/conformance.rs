//! The executor contract as tests: one function a clause, and [`executor_conformance!`] to run all.
//!
//! [`executor_conformance!`]: crate::executor_conformance

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "these are tests: a panic is how they fail"
)]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::StreamExt;

use crate::{
    ComponentId, RunId,
    component::ComponentContext,
    executor::{
        Endpoint, Executor, ExecutorError, ExecutorErrorKind, ExitStatus, Handle, Instance,
        LogOptions, Reader, Recovery, RunScope, StopOptions,
    },
    spec::{ComponentSpec, Port},
};

/// What a backend brings to be certified.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The executor. Each call is a new one on the same backend, as another process would have.
    fn executor(&self) -> Arc<dyn Executor>;

    /// Whether instances outlive the executor value that started them.
    fn outlives_the_executor(&self) -> bool;

    /// A component that runs until it is stopped or let go, and ends well when asked.
    fn component(&self, id: &ComponentId) -> ComponentSpec;

    /// A component with a field that the backend cannot honour, and the field's name.
    fn unsupported(&self, id: &ComponentId) -> (ComponentSpec, &'static str);

    /// Lets a running instance come to its own, successful end.
    async fn let_go(&self, executor: &dyn Executor, handle: &Handle);

    /// A component that writes these lines to its standard output and then runs until it is stopped
    /// or let go. `None`, the default, where instances have no output.
    fn writer(&self, id: &ComponentId, lines: &[&[u8]]) -> Option<ComponentSpec> {
        let _ = (id, lines);
        None
    }

    /// Whether instances listen on ports. The default says no.
    fn listens(&self) -> bool {
        false
    }

    /// A command for a running instance that exits with this code. `None`, the default, where no
    /// command can be run in one.
    fn command(&self, code: u8) -> Option<Vec<String>> {
        let _ = code;
        None
    }
}

/// Defines one test a clause for the subject that the expression makes.
///
/// A backend that is not on every machine says so by `where possible`: the expression gives an option
/// then, and has said itself why it gives `None`.
///
/// ```
/// # use flowctl_core::testing::conformance;
/// // flowctl_core::executor_conformance!(MySubject::new());
/// // flowctl_core::executor_conformance!(where possible MySubject::find().await);
/// ```
#[macro_export]
macro_rules! executor_conformance {
    ($subject:expr) => {
        $crate::executor_conformance!(where possible Some($subject));
    };
    (where possible $subject:expr) => {
        $crate::executor_conformance!(@tests $subject;
            e1_starting_twice_starts_once
            e3_a_dropped_start_leaves_at_most_one
            e4_stopping_is_orderly_and_may_be_repeated
            e5_an_unknown_handle_is_not_found
            e6_waiting_may_be_repeated_and_dropped
            e7_logs_keep_order_and_bytes
            e8_instances_are_listed_by_run
            e9_an_unsupported_field_is_named
            e11_many_calls_at_once
            e12_the_exit_is_reported
            e13_runs_open_and_close_repeatedly
            e14_recovery_does_not_guess
            e15_ports_are_reserved
            e16_commands_are_run_in_an_instance
        );
    };
    (@tests $subject:expr; $($clause:ident)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                if let Some(subject) = $subject {
                    $crate::testing::conformance::$clause(&subject).await;
                }
            }
        )*
    };
}

const PATIENCE: Duration = Duration::from_secs(30);

struct Bench<'s> {
    subject: &'s dyn Subject,
    executor: Arc<dyn Executor>,
    scope: RunScope,
}

impl<'s> Bench<'s> {
    async fn open(subject: &'s dyn Subject) -> Self {
        let run = RunId::from_bits(crate::run::random_bits());
        let namespace = crate::Namespace::default();
        // Two runs of one pipeline are never at once, and these are.
        let pipeline = run.as_str().parse().unwrap();
        let scope = RunScope::new(namespace, pipeline, run);
        let executor = subject.executor();
        executor.open_run(&scope).await.unwrap();
        Self {
            subject,
            executor,
            scope,
        }
    }

    fn instance(&self, id: &str) -> Instance {
        let id: ComponentId = id.parse().unwrap();
        let context = ComponentContext::detached(id.clone());
        Instance::new(self.scope.clone(), self.subject.component(&id), context)
    }

    async fn start(&self, id: &str) -> Handle {
        let instance = self.instance(id);
        self.executor.prepare(&instance).await.unwrap();
        self.executor.start(&instance).await.unwrap()
    }

    async fn components(&self) -> BTreeSet<ComponentId> {
        let listed = self.executor.list(&self.scope.id).await.unwrap();
        listed.into_iter().map(|handle| handle.component).collect()
    }

    async fn close(self) {
        self.executor.close_run(&self.scope).await.unwrap();
        assert_eq!(self.executor.list(&self.scope.id).await.unwrap(), []);
    }
}

fn kind<T>(result: Result<T, ExecutorError>) -> Option<ExecutorErrorKind> {
    result.err().map(|error| error.kind().clone())
}

/// E1: starting the same instance again starts nothing.
pub async fn e1_starting_twice_starts_once(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let instance = bench.instance("one");
    let first = bench.executor.start(&instance).await.unwrap();
    let second = bench.executor.start(&instance).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap().len(), 1);
    bench
        .executor
        .stop(&first, StopOptions::within(PATIENCE))
        .await
        .unwrap();
    assert_eq!(
        kind(bench.executor.start(&instance).await),
        Some(ExecutorErrorKind::AlreadyExists)
    );
    bench.close().await;
}

/// E3: a dropped start leaves at most one instance, and `list` finds it.
pub async fn e3_a_dropped_start_leaves_at_most_one(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let instance = bench.instance("one");
    drop(futures_util::FutureExt::now_or_never(
        bench.executor.start(&instance),
    ));
    let handle = bench.executor.start(&instance).await.unwrap();
    assert_eq!(
        bench.executor.list(&bench.scope.id).await.unwrap(),
        [handle]
    );
    bench.close().await;
}

/// E4: stop asks, waits, forces; stopping what has ended answers the same.
pub async fn e4_stopping_is_orderly_and_may_be_repeated(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let handle = bench.start("one").await;
    let first = bench
        .executor
        .stop(&handle, StopOptions::within(PATIENCE))
        .await
        .unwrap();
    assert!(!first.forced, "{first:?}");
    let second = bench
        .executor
        .stop(&handle, StopOptions::default())
        .await
        .unwrap();
    assert_eq!(first, second);
    bench.executor.remove(&handle).await.unwrap();
    bench.executor.remove(&handle).await.unwrap();
    bench.close().await;
}

/// E5: a handle that the backend does not know is `NotFound`.
pub async fn e5_an_unknown_handle_is_not_found(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let handle = bench.start("one").await;
    bench
        .executor
        .stop(&handle, StopOptions::within(PATIENCE))
        .await
        .unwrap();
    bench.executor.remove(&handle).await.unwrap();
    let not_found = Some(ExecutorErrorKind::NotFound);
    assert_eq!(kind(bench.executor.wait(&handle).await), not_found);
    assert_eq!(
        kind(bench.executor.stop(&handle, StopOptions::default()).await),
        not_found
    );
    assert_eq!(
        bench.executor.recover(&handle).await.unwrap(),
        Recovery::Gone
    );
    bench.close().await;
}

/// E6: `wait` answers as often as asked, and may be dropped.
pub async fn e6_waiting_may_be_repeated_and_dropped(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let handle = bench.start("one").await;
    let waiting = bench.executor.wait(&handle);
    assert!(
        tokio::time::timeout(Duration::from_millis(20), waiting)
            .await
            .is_err()
    );
    subject.let_go(&*bench.executor, &handle).await;
    let wait = || tokio::time::timeout(PATIENCE, bench.executor.wait(&handle));
    let first = wait().await.expect("it was let go").unwrap();
    assert_eq!(wait().await.expect("it has ended").unwrap(), first);
    bench.close().await;
}

/// E7: what an instance writes is read in order and byte for byte, while it runs and afterwards.
pub async fn e7_logs_keep_order_and_bytes(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let mut instance = bench.instance("one");
    let lines: [&[u8]; 4] = [b"first", b"", b"\xff\xfe not UTF-8", b"last"];
    let Some(component) = subject.writer(&instance.component.id, &lines) else {
        return bench.close().await;
    };
    instance.component = component;
    let handle = bench.executor.start(&instance).await.unwrap();
    let follow = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    let followed = bench.executor.logs(&handle, follow.clone()).await.unwrap();
    let first = followed.take(lines.len()).map(|line| line.unwrap().bytes);
    let first: Vec<_> = tokio::time::timeout(PATIENCE, first.collect())
        .await
        .expect("it has written them");
    assert_eq!(first, lines);

    let followed = bench.executor.logs(&handle, follow).await.unwrap();
    subject.let_go(&*bench.executor, &handle).await;
    let all = followed.map(|line| line.unwrap().bytes);
    let all: Vec<_> = tokio::time::timeout(PATIENCE, all.collect())
        .await
        .expect("the stream ends with the instance");
    assert_eq!(all, lines);

    let tail = LogOptions {
        tail: Some(2),
        ..LogOptions::default()
    };
    let newest = bench.executor.logs(&handle, tail).await.unwrap();
    let newest: Vec<_> = newest.map(|line| line.unwrap().bytes).collect().await;
    assert_eq!(newest, lines[2..]);
    bench.close().await;
}

/// E8: what was started is found by run, without memory where the backend outlives the executor.
pub async fn e8_instances_are_listed_by_run(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let other = Bench::open(subject).await;
    bench.start("one").await;
    bench.start("two").await;
    let foreign = other.start("three").await;
    let expected = ["one", "two"].map(|id| id.parse().unwrap());
    assert_eq!(bench.components().await, BTreeSet::from(expected.clone()));
    if subject.outlives_the_executor() {
        let later = Bench {
            executor: subject.executor(),
            scope: bench.scope.clone(),
            ..bench
        };
        assert_eq!(later.components().await, BTreeSet::from(expected));
        later.close().await;
    } else {
        bench.close().await;
    }
    assert_eq!(
        other.executor.recover(&foreign).await.unwrap(),
        Recovery::Mine
    );
    other.close().await;
}

/// E9: a field that cannot be honoured is refused by name.
pub async fn e9_an_unsupported_field_is_named(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let mut instance = bench.instance("one");
    let (component, field) = subject.unsupported(&instance.component.id);
    instance.component = component;
    let refused = bench.executor.start(&instance).await;
    let expected = ExecutorErrorKind::Unsupported {
        field: field.to_owned(),
    };
    assert_eq!(kind(refused), Some(expected));
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);
    bench.close().await;
}

/// E11: all methods may be called at once.
pub async fn e11_many_calls_at_once(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let ids: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
    let handles = futures_util::future::join_all(ids.iter().map(|id| bench.start(id))).await;
    assert_eq!(bench.components().await.len(), ids.len());
    let stops = handles
        .iter()
        .map(|handle| bench.executor.stop(handle, StopOptions::within(PATIENCE)));
    for stopped in futures_util::future::join_all(stops).await {
        assert!(!stopped.unwrap().forced);
    }
    bench.close().await;
}

/// E12: how an instance ended is reported, or explicitly unknown.
pub async fn e12_the_exit_is_reported(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let handle = bench.start("one").await;
    subject.let_go(&*bench.executor, &handle).await;
    let report = bench.executor.wait(&handle).await.unwrap();
    assert_eq!(report.status, ExitStatus::Code(0));
    assert!(!report.forced);
    bench.close().await;
}

/// E13: runs open and close repeatedly, and nothing is left.
pub async fn e13_runs_open_and_close_repeatedly(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    bench.executor.open_run(&bench.scope).await.unwrap();
    bench.start("one").await;
    bench.executor.close_run(&bench.scope).await.unwrap();
    bench.executor.close_run(&bench.scope).await.unwrap();
    bench.close().await;
}

/// E14: `recover` says *mine* for what is ours and *gone* for what is not there.
pub async fn e14_recovery_does_not_guess(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let handle = bench.start("one").await;
    assert_eq!(
        bench.executor.recover(&handle).await.unwrap(),
        Recovery::Mine
    );
    let mut stranger = handle.clone();
    stranger.generation += 1;
    assert_ne!(
        bench.executor.recover(&stranger).await.unwrap(),
        Recovery::Mine
    );
    if subject.outlives_the_executor() {
        let later = subject.executor();
        assert_eq!(later.recover(&handle).await.unwrap(), Recovery::Mine);
        let stopped = later.stop(&handle, StopOptions::within(PATIENCE)).await;
        assert!(!stopped.unwrap().forced);
        later.remove(&handle).await.unwrap();
        assert_eq!(later.recover(&handle).await.unwrap(), Recovery::Gone);
        assert_eq!(later.list(&bench.scope.id).await.unwrap(), []);
    }
    bench.close().await;
}

/// E15: `reserve` starts nothing, gives no port twice, and refuses a pinned port that is taken.
pub async fn e15_ports_are_reserved(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let mut numbers = BTreeSet::new();
    for id in ["one", "two"] {
        let ports = bench.executor.reserve(&bench.instance(id)).await.unwrap();
        assert_eq!(!ports.is_empty(), subject.listens());
        for port in ports {
            assert!(numbers.insert(port.address.clone()), "{port:?} twice");
        }
    }
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);
    if subject.listens() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let number = taken.local_addr().unwrap().port();
        let mut instance = bench.instance("three");
        instance.component.ports = vec![Port::new(number).host_port(number)];
        let refused = bench.executor.reserve(&instance).await;
        assert_eq!(kind(refused), Some(ExecutorErrorKind::Busy));
        drop(taken);
        let ports = bench.executor.reserve(&instance).await.unwrap();
        instance.ports.clone_from(&ports);
        let handle = bench.executor.start(&instance).await.unwrap();
        let found = bench
            .executor
            .endpoint(&handle, Some(&ports[0].name), Reader::RunNetwork)
            .await
            .unwrap();
        let Endpoint::Network { address } = found else {
            panic!("{found:?} is not on a network")
        };
        assert_eq!(address, ports[0].address);
        let unknown = bench
            .executor
            .endpoint(&handle, Some("no-such-port"), Reader::Host);
        assert_eq!(kind(unknown.await), Some(ExecutorErrorKind::NotFound));
    }
    bench.close().await;
}

/// E16: `exec` reports how the command ended, and is `NotFound` once the instance has ended.
pub async fn e16_commands_are_run_in_an_instance(subject: &dyn Subject) {
    let bench = Bench::open(subject).await;
    let handle = bench.start("one").await;
    for code in [0, 3] {
        let Some(command) = subject.command(code) else {
            let field = "exec".to_owned();
            assert_eq!(
                kind(bench.executor.exec(&handle, &[]).await),
                Some(ExecutorErrorKind::Unsupported { field })
            );
            return bench.close().await;
        };
        let report = bench.executor.exec(&handle, &command).await.unwrap();
        assert_eq!(report.status, ExitStatus::Code(i32::from(code)));
    }
    subject.let_go(&*bench.executor, &handle).await;
    bench.executor.wait(&handle).await.unwrap();
    let command = subject.command(0).unwrap();
    assert_eq!(
        kind(bench.executor.exec(&handle, &command).await),
        Some(ExecutorErrorKind::NotFound)
    );
    bench.close().await;
}
