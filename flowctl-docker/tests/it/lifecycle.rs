//! Starting, ending, and what earlier starts left behind.

use std::time::Duration;

use flowctl_core::{
    Executor,
    executor::{ExecutorErrorKind, ExitStatus, LogOptions, Recovery, StopOptions, Stream},
};
use flowctl_docker::ContainerState;

use crate::bench::{Bench, kind, text, told};

#[tokio::test]
async fn a_program_that_ends_by_itself_is_reported_with_its_code() {
    let Some(bench) = Bench::open("exit at once").await else {
        return;
    };
    let (report, _) = bench.run(bench.component("one", &["exit", "7"])).await;
    assert_eq!(report.status, ExitStatus::Code(7));
    assert!(report.ended.is_some());
    bench.close().await;
}

#[tokio::test]
async fn a_program_that_does_not_listen_is_forced_and_said_to_be() {
    let Some(bench) = Bench::open("forced").await else {
        return;
    };
    let handle = bench.start("deaf", &["ignore"]).await;
    bench.until_says(&handle, "ignoring").await;
    let options = StopOptions::within(Duration::from_millis(200));
    let first = bench.executor.stop(&handle, options).await.unwrap();
    assert!(first.forced);
    assert_eq!(first.status, ExitStatus::Signal(9));
    assert_eq!(bench.stop(&handle).await, first);
    assert_eq!(bench.wait(&handle).await, first);
    bench.close().await;
}

#[tokio::test]
async fn a_frozen_program_is_forced_too() {
    let Some(bench) = Bench::open("kill -STOP").await else {
        return;
    };
    let handle = bench.start("frozen", &["serve"]).await;
    let docker = bollard::Docker::connect_with_host(&bench.host()).unwrap();
    let id = bench.container(&handle).await.id;
    let stop = bollard::query_parameters::KillContainerOptionsBuilder::new()
        .signal("SIGSTOP")
        .build();
    docker.kill_container(&id, Some(stop)).await.unwrap();
    let options = StopOptions::within(Duration::from_millis(200));
    let report = bench.executor.stop(&handle, options).await.unwrap();
    assert!(report.forced);
    bench.close().await;
}

#[tokio::test]
async fn the_signal_of_the_stop_is_the_one_that_is_sent() {
    let Some(bench) = Bench::open("signal").await else {
        return;
    };
    // It ignores SIGTERM and ends well on SIGINT.
    let handle = bench.start("picky", &["ignore"]).await;
    bench.until_says(&handle, "ignoring").await;
    let mut options = StopOptions::within(crate::bench::PATIENCE);
    options.signal = "SIGINT".to_owned();
    let report = bench.executor.stop(&handle, options).await.unwrap();
    assert!(!report.forced);
    assert_eq!(report.status, ExitStatus::Code(0));
    bench.close().await;
}

#[tokio::test]
async fn only_what_has_ended_is_removed() {
    let Some(bench) = Bench::open("remove").await else {
        return;
    };
    let handle = bench.start("one", &["serve"]).await;
    let refused = bench.executor.remove(&handle).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::Busy));
    bench.stop(&handle).await;
    bench.executor.remove(&handle).await.unwrap();
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);
    bench.close().await;
}

#[tokio::test]
async fn the_environment_is_the_instances_and_nothing_of_this_machine() {
    let Some(bench) = Bench::open("environment").await else {
        return;
    };
    let mut instance = bench.instance("one", &["env"]);
    instance.environment = [("FLOWCTL_A", "1"), ("FLOWCTL_B", "two words")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let handle = bench.executor.start(&instance).await.unwrap();
    bench.wait(&handle).await;
    let lines = bench.lines(&handle, LogOptions::default()).await;
    let written = text(&lines, Stream::Out);
    let mut names: Vec<&str> = written
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    // The image's PATH, and what the engine itself sets.
    assert_eq!(
        names,
        ["FLOWCTL_A", "FLOWCTL_B", "HOME", "HOSTNAME", "PATH"]
    );
    assert!(written.contains("FLOWCTL_B=two words"), "{written}");
    assert!(written.contains("HOSTNAME=one"), "{written}");
    bench.close().await;
}

#[tokio::test]
async fn a_later_generation_takes_over_the_name_and_the_earlier_is_still_listed() {
    let Some(bench) = Bench::open("generations").await else {
        return;
    };
    let mut instance = bench.instance("one", &["serve"]);
    let first = bench.executor.start(&instance).await.unwrap();
    instance.generation = 2;
    let refused = bench.executor.start(&instance).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::Busy));
    let report = bench.stop(&first).await;
    let second = bench.executor.start(&instance).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(bench.wait(&first).await, report);
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap().len(), 2);
    let name = format!("{}-one-1", bench.scope.pipeline);
    assert_eq!(bench.container(&second).await.name, name);
    assert_eq!(bench.container(&first).await.name, format!("{name}-g1"));
    instance.generation = 1;
    let refused = bench.executor.start(&instance).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::AlreadyExists));
    bench.close().await;
}

/// flowctl was killed while its run was on; the next run of the pipeline finds what is left.
#[tokio::test]
async fn what_an_earlier_run_left_is_replaced() {
    let Some(bench) = Bench::open("stale container").await else {
        return;
    };
    let left = bench.start("one", &["serve"]).await;
    let later = bench.later_run();
    bench.executor.open_run(&later).await.unwrap();
    let mut instance = bench.instance("one", &["serve"]);
    instance.run = later.clone();
    let handle = bench.executor.start(&instance).await.unwrap();
    assert_eq!(bench.executor.recover(&left).await.unwrap(), Recovery::Gone);
    assert_eq!(
        bench.executor.recover(&handle).await.unwrap(),
        Recovery::Mine
    );
    assert_eq!(bench.networks().await.len(), 1, "the earlier run's is gone");
    bench.executor.close_run(&later).await.unwrap();
    bench.close().await;
}

#[tokio::test]
async fn a_sweep_finds_all_that_runs_left() {
    let Some(bench) = Bench::open("sweep").await else {
        return;
    };
    bench.start("one", &["serve"]).await;
    let later = bench.later_run();
    bench.executor.open_run(&later).await.unwrap();
    let mut instance = bench.instance("two", &["exit", "0"]);
    instance.run = later;
    let two = bench.executor.start(&instance).await.unwrap();
    bench.wait(&two).await;
    let (namespace, pipeline) = (&bench.scope.namespace, &bench.scope.pipeline);
    let found = bench.containers().await;
    let states: Vec<_> = found
        .iter()
        .map(|found| (found.run.pipeline == *pipeline, found.state))
        .collect();
    let expected = [
        (true, ContainerState::Running),
        (true, ContainerState::Ended),
    ];
    assert_eq!(states, expected);
    bench.executor.sweep(namespace, pipeline).await.unwrap();
    assert_eq!(bench.containers().await, []);
    assert_eq!(bench.networks().await, Vec::<String>::new());
}

/// A start that is dropped anywhere leaves at most one container, which the next start takes over.
#[tokio::test]
async fn a_start_may_be_dropped_anywhere() {
    let Some(bench) = Bench::open("dropped start").await else {
        return;
    };
    for (at, delay) in [0, 1, 3, 6, 12, 25, 50, 100, 200].into_iter().enumerate() {
        let instance = bench.instance(&format!("c{at}"), &["serve"]);
        let starting = bench.executor.start(&instance);
        drop(tokio::time::timeout(Duration::from_millis(delay), starting).await);
        let listed = bench.executor.list(&bench.scope.id).await.unwrap();
        let count = |listed: &[flowctl_core::executor::Handle]| {
            let of_it = |handle: &&flowctl_core::executor::Handle| {
                handle.component == instance.component.id
            };
            listed.iter().filter(of_it).count()
        };
        assert!(count(&listed) <= 1);
        let handle = bench.executor.start(&instance).await.unwrap();
        let listed = bench.executor.list(&bench.scope.id).await.unwrap();
        assert_eq!(count(&listed), 1);
        assert!(!bench.stop(&handle).await.forced);
    }
    bench.close().await;
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_named_and_left_alone() {
    let Some(bench) = Bench::open("name taken").await else {
        return;
    };
    let docker = bollard::Docker::connect_with_host(&bench.host()).unwrap();
    let name = format!("{}-one-1", bench.scope.pipeline);
    let options = bollard::query_parameters::CreateContainerOptionsBuilder::new()
        .name(&name)
        .build();
    let body = bollard::models::ContainerCreateBody {
        image: Some(bench.image.reference.clone()),
        ..Default::default()
    };
    let foreign = docker.create_container(Some(options), body).await.unwrap();
    let instance = bench.instance("one", &["serve"]);
    let refused = bench.executor.start(&instance).await;
    let error = told(refused);
    assert!(error.contains(&name), "{error}");
    assert!(error.contains(&foreign.id[..12]), "{error}");
    assert!(error.contains("not flowctl's"), "{error}");
    bench.executor.close_run(&bench.scope).await.unwrap();
    let still = docker.inspect_container(&foreign.id, None).await;
    docker.remove_container(&foreign.id, None).await.unwrap();
    assert!(still.is_ok(), "it was left alone");
}

#[tokio::test]
async fn what_cannot_start_is_told_and_leaves_nothing() {
    let Some(bench) = Bench::open("bad command").await else {
        return;
    };
    let mut component = bench.component("one", &[]);
    component.command = vec!["/no/such/program".to_owned()];
    let instance = bench.instance_of(component);
    let error = told(bench.executor.start(&instance).await);
    assert!(error.contains("/no/such/program"), "{error}");
    assert!(error.contains("`one`"), "{error}");
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);
    // The same start may be tried again.
    let error = told(bench.executor.start(&instance).await);
    assert!(error.contains("/no/such/program"), "{error}");

    let mut component = bench.component("two", &[]);
    component.security.user = Some("nobody-here".to_owned());
    let error = told(bench.executor.start(&bench.instance_of(component)).await);
    assert!(error.contains("nobody-here"), "{error}");
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);
    bench.close().await;
}

#[tokio::test]
async fn a_missing_image_is_told_before_and_at_the_start() {
    let Some(bench) = Bench::open("missing image").await else {
        return;
    };
    let mut component = bench.component("one", &[]);
    // Nobody listens on port 1: the pull fails on any machine.
    component.image = Some("127.0.0.1:1/flowctl-test/none:1".to_owned());
    let unavailable = Some(ExecutorErrorKind::ImageUnavailable);
    let mut instance = bench.instance_of(component);
    assert_eq!(kind(bench.executor.start(&instance).await), unavailable);
    assert_eq!(kind(bench.executor.prepare(&instance).await), unavailable);
    instance.component.image_policy = flowctl_core::spec::ImagePolicy::Never;
    let error = told(bench.executor.prepare(&instance).await);
    assert!(error.contains("image_policy: never"), "{error}");
    // What is there needs no registry unless it is always pulled.
    let mut there = bench.component("two", &[]);
    for policy in [
        flowctl_core::spec::ImagePolicy::Never,
        flowctl_core::spec::ImagePolicy::Missing,
    ] {
        there.image_policy = policy;
        let instance = bench.instance_of(there.clone());
        bench.executor.prepare(&instance).await.unwrap();
    }
    bench.close().await;
}

#[tokio::test]
async fn a_command_inside_is_waited_for_and_ended_when_cut_short() {
    let Some(bench) = Bench::open("exec").await else {
        return;
    };
    let handle = bench.start("one", &["serve"]).await;
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let codes = |status: ExitStatus| match status {
        ExitStatus::Code(code) => code,
        other => panic!("{other:?}"),
    };
    for (command, expected) in [
        (words(&["/app/subject", "exit", "5"]), &[5][..]),
        (words(&["subject", "lines", "20000"]), &[0]),
        // Which of the two a missing program is depends on the engine.
        (words(&["/no/such/program"]), &[126, 127]),
        (words(&["/data"]), &[126]),
    ] {
        let report = bench.executor.exec(&handle, &command).await.unwrap();
        let code = codes(report.status);
        assert!(expected.contains(&code), "{command:?}: {code}");
    }
    let endless = words(&["/app/subject", "ignore"]);
    let cut = tokio::time::timeout(
        Duration::from_millis(500),
        bench.executor.exec(&handle, &endless),
    );
    assert!(cut.await.is_err());
    bench.until_alone(&handle).await;
    bench.stop(&handle).await;
    let after = bench
        .executor
        .exec(&handle, &words(&["/app/subject"]))
        .await;
    assert_eq!(kind(after), Some(ExecutorErrorKind::NotFound));
    bench.close().await;
}
