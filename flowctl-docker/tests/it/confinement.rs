//! What a container may do, what it may use up, and what it keeps.

use std::os::unix::fs::PermissionsExt;

use flowctl_core::{
    ByteSize, CpuMillis, Executor,
    executor::{ExecutorErrorKind, ExitStatus},
    spec::{Permission, Secret, Volume},
};
use futures_util::StreamExt;

use crate::bench::{Bench, kind, told};

fn volume(target: &str) -> Volume {
    let mut volume = Volume::default();
    volume.container_path = Some(target.to_owned());
    volume
}

#[tokio::test]
async fn a_container_may_do_little_unless_its_spec_says_otherwise() {
    let Some(bench) = Bench::open("hardening").await else {
        return;
    };
    let (_, id) = bench.run(bench.component("a", &["id"])).await;
    assert_eq!(id, "65532:65532");
    let (_, said) = bench
        .run(bench.component("b", &["write", "/tmp/x", "x"]))
        .await;
    assert_eq!(said, "Read-only file system");
    let (_, status) = bench
        .run(bench.component("c", &["show", "/proc/self/status"]))
        .await;
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(of("CapEff:"), "0000000000000000");
    assert_eq!(of("CapBnd:"), "0000000000000000");
    assert_eq!(of("NoNewPrivs:"), "1");

    let mut component = bench.component("d", &["show", "/proc/self/status"]);
    component.security.allow = vec![
        Permission::Root,
        Permission::WritableRoot,
        Permission::NewPrivileges,
    ];
    component.security.user = Some("0:0".to_owned());
    component.security.capabilities = vec!["NET_BIND_SERVICE".to_owned()];
    let (_, status) = bench.run(component.clone()).await;
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(of("CapEff:"), "0000000000000400");
    assert_eq!(of("NoNewPrivs:"), "0");
    assert_eq!(of("Uid:"), "0");
    component.id = "e".parse().unwrap();
    component.args = ["write", "/app/x", "x"].map(str::to_owned).to_vec();
    let (report, said) = bench.run(component).await;
    assert_eq!(report.status, ExitStatus::Code(0), "{said}");
    bench.close().await;
}

#[tokio::test]
async fn secrets_are_files_of_the_program_alone_and_nowhere_else() {
    let Some(bench) = Bench::open("secrets").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hush-hush").unwrap();
    // Not readable by the container's user on this machine, and it need not be.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
    let mut secret = Secret::new("token");
    secret.host_path = Some(file.to_string_lossy().into_owned());
    let mut elsewhere = secret.clone();
    elsewhere.container_path = Some("/app-secrets/deep/key".to_owned());
    for (id, words, expected) in [
        ("a", ["show", "/run/secrets/token"], "hush-hush"),
        ("b", ["stat", "/run/secrets/token"], "400 65532:65532"),
        ("c", ["show", "/app-secrets/deep/key"], "hush-hush"),
    ] {
        let mut component = bench.component(id, &words);
        component.secrets = vec![secret.clone(), elsewhere.clone()];
        let (report, said) = bench.run(component).await;
        assert_eq!(
            (report.status, said.as_str()),
            (ExitStatus::Code(0), expected)
        );
    }
    let docker = bollard::Docker::connect_with_host(&bench.host()).unwrap();
    let mut volumes = Vec::new();
    for container in bench.containers().await {
        let found = docker.inspect_container(&container.id, None).await.unwrap();
        let mounts = found.mounts.clone().unwrap_or_default();
        volumes.extend(mounts.into_iter().filter_map(|mount| mount.name));
        let shown = serde_json::to_string(&found).unwrap();
        assert!(!shown.contains("hush"), "{shown}");
    }
    assert_eq!(volumes.len(), 6);
    bench.close().await;
    for volume in volumes {
        assert!(
            docker.inspect_volume(&volume).await.is_err(),
            "{volume} is left"
        );
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_told_and_leaves_nothing() {
    let Some(bench) = Bench::open("unreadable secret").await else {
        return;
    };
    let mut secret = Secret::new("token");
    secret.host_path = Some("/nonexistent/token".to_owned());
    let mut component = bench.component("a", &["serve"]);
    component.secrets = vec![secret];
    let error = told(bench.executor.start(&bench.instance_of(component)).await);
    assert!(
        error.contains("the secret `token` cannot be read"),
        "{error}"
    );
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);
    bench.close().await;
}

#[tokio::test]
async fn named_volumes_are_writable_and_outlive_the_run() {
    let Some(bench) = Bench::open("named volumes").await else {
        return;
    };
    let mut data = volume("/data");
    data.name = Some("data".to_owned());
    let mut component = bench.component("a", &["write", "/data/x", "kept"]);
    component.volumes = vec![data];
    let (report, said) = bench.run(component.clone()).await;
    assert_eq!(report.status, ExitStatus::Code(0), "{said}");
    let name = format!("{}_data", bench.scope.pipeline);
    let (namespace, pipeline) = (&bench.scope.namespace, &bench.scope.pipeline);
    bench.executor.close_run(&bench.scope).await.unwrap();
    let volumes = bench.executor.volumes(namespace, pipeline).await.unwrap();
    assert_eq!(volumes, std::slice::from_ref(&name));

    bench.executor.open_run(&bench.scope).await.unwrap();
    component.args = ["show", "/data/x"].map(str::to_owned).to_vec();
    let (_, said) = bench.run(component).await;
    assert_eq!(said, "kept");
    let refused = bench.executor.remove_volumes(namespace, pipeline).await;
    assert_eq!(
        kind(refused),
        Some(ExecutorErrorKind::Failed),
        "it is in use"
    );
    bench.executor.close_run(&bench.scope).await.unwrap();
    let removed = bench.executor.remove_volumes(namespace, pipeline).await;
    assert_eq!(removed.unwrap(), [name]);
    let volumes = bench.executor.volumes(namespace, pipeline).await.unwrap();
    assert_eq!(volumes, Vec::<String>::new());
    bench.close().await;
}

#[tokio::test]
async fn a_full_tmpfs_is_full_and_gone_with_its_container() {
    let Some(bench) = Bench::open("disk full").await else {
        return;
    };
    let mut scratch = volume("/scratch");
    scratch.tmpfs = true;
    scratch.size = Some(ByteSize::from_kib(64));
    let mut component = bench.component("a", &["write", "/scratch/x", "0123456789", "100000"]);
    component.volumes = vec![scratch];
    let (report, said) = bench.run(component).await;
    assert_eq!(
        (report.status, said.as_str()),
        (ExitStatus::Code(1), "No space left on device")
    );
    bench.close().await;
}

#[tokio::test]
async fn folders_of_this_machine_are_given_as_the_spec_says() {
    let Some(bench) = Bench::open("bind mounts").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder.path(), mode(0o755)).unwrap();
    std::fs::write(folder.path().join("x"), "from outside").unwrap();
    std::fs::set_permissions(folder.path().join("x"), mode(0o666)).unwrap();
    let mut lake = volume("/lake");
    lake.host_path = Some(folder.path().to_string_lossy().into_owned());
    lake.readonly = true;
    let mut component = bench.component("a", &["show", "/lake/x"]);
    component.volumes = vec![lake.clone()];
    assert_eq!(bench.run(component.clone()).await.1, "from outside");
    component.id = "b".parse().unwrap();
    component.args = ["write", "/lake/x", "y"].map(str::to_owned).to_vec();
    assert_eq!(
        bench.run(component.clone()).await.1,
        "Read-only file system"
    );

    // It is root's, and the container runs as somebody else: it could never write there.
    component.id = "c".parse().unwrap();
    component.volumes[0].readonly = false;
    let refused = bench
        .executor
        .start(&bench.instance_of(component.clone()))
        .await;
    assert_eq!(
        refused.as_ref().err().map(|error| error.kind().clone()),
        Some(ExecutorErrorKind::PermissionDenied)
    );
    assert!(told(refused).contains("security.user"));
    std::fs::set_permissions(folder.path(), mode(0o777)).unwrap();
    component.args = ["write", "/lake/new", "y"].map(str::to_owned).to_vec();
    assert_eq!(
        bench.run(component.clone()).await.0.status,
        ExitStatus::Code(0)
    );
    assert_eq!(std::fs::read(folder.path().join("new")).unwrap(), b"y");

    component.id = "d".parse().unwrap();
    component.volumes[0].host_path = Some("/nonexistent/folder".to_owned());
    let error = told(
        bench
            .executor
            .start(&bench.instance_of(component.clone()))
            .await,
    );
    assert!(error.contains("/nonexistent/folder"), "{error}");
    component.volumes[0].host_path = Some("/etc".to_owned());
    let field = "volumes[0].host_path".to_owned();
    let refused = bench.executor.start(&bench.instance_of(component)).await;
    assert_eq!(
        kind(refused),
        Some(ExecutorErrorKind::Unsupported { field })
    );
    bench.close().await;
}

#[tokio::test]
async fn more_memory_than_allowed_is_reported_as_such() {
    let Some(bench) = Bench::open("out of memory").await else {
        return;
    };
    let mut component = bench.component("a", &["eat", "256"]);
    component.resources.limits.memory = Some(ByteSize::from_mib(32));
    let (report, said) = bench.run(component).await;
    assert_eq!(report.status, ExitStatus::OutOfMemory);
    assert_eq!(said, "eating");
    bench.close().await;
}

#[tokio::test]
async fn a_program_that_burns_is_held_to_its_share_of_processor_time() {
    let Some(bench) = Bench::open("processor time").await else {
        return;
    };
    let mut component = bench.component("a", &["burn"]);
    component.resources.limits.cpu = Some(CpuMillis::from_millis(500));
    let handle = bench.start_component(component).await;
    let docker = bollard::Docker::connect_with_host(&bench.host()).unwrap();
    let id = bench.container(&handle).await.id;
    // The kernel's own counters: how many of its periods of 100 ms passed (it counts them only where
    // there is a limit), and how long the program ran. Two threads would take two processors.
    let mut stats = docker.stats(&id, None);
    let used = |stats: &bollard::models::ContainerStatsResponse| {
        let cpu = stats.cpu_stats.clone().unwrap();
        let periods = cpu.throttling_data.unwrap().periods.unwrap();
        (cpu.cpu_usage.unwrap().total_usage.unwrap(), periods)
    };
    let first = used(&stats.next().await.unwrap().unwrap());
    let mut last = first;
    while last.1 < first.1 + 20 {
        last = used(&stats.next().await.unwrap().unwrap());
    }
    let (time, periods) = (last.0 - first.0, last.1 - first.1);
    let allowed = periods * 50_000_000;
    assert!(time <= allowed * 6 / 5, "{time} ns in {periods} periods");
    bench.stop(&handle).await;
    bench.close().await;
}

#[tokio::test]
async fn threads_are_counted() {
    let Some(bench) = Bench::open("threads").await else {
        return;
    };
    let mut component = bench.component("a", &["threads", "64"]);
    component.resources.limits.pids = Some(16);
    let (report, said) = bench.run(component).await;
    assert_eq!(report.status, ExitStatus::Code(5), "{said}");
    bench.close().await;
}
