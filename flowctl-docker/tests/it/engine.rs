//! Engines that are away, restarted, or not there at all: an engine of the test's own, in its own
//! network namespace, so that it does not meet the one of this machine.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use flowctl_core::{
    Executor,
    executor::{ExecutorErrorKind, ExitStatus, LogOptions, StopOptions, Stream},
};
use flowctl_docker::{DockerExecutor, Engine, Surroundings};
use futures_util::StreamExt;

use crate::bench::{Bench, PATIENCE, kind, skip, text, told};

/// An engine that a test may stop and start.
struct PrivateEngine {
    folder: tempfile::TempDir,
    /// What the daemon runs containers with; it lives on when the daemon is killed.
    containerd: Child,
    daemon: Option<Child>,
    live_restore: bool,
}

impl PrivateEngine {
    /// Needs root and the engine's own program; says so where they are not there.
    async fn start(test: &str, live_restore: bool) -> Option<Self> {
        let is_there = |words: &[&str]| {
            let output = Command::new(words[0]).args(&words[1..]).output();
            output.is_ok_and(|output| output.status.success())
        };
        if !is_there(&["unshare", "--net", "dockerd", "--version"])
            || !is_there(&["containerd", "--version"])
        {
            skip(
                test,
                "docker",
                "no engine can be started here: it needs root and dockerd",
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut engine = Self {
            containerd: containerd(folder.path()),
            folder,
            daemon: None,
            live_restore,
        };
        engine.up().await;
        Some(engine)
    }

    fn socket(&self) -> String {
        format!("unix://{}", self.folder.path().join("s").display())
    }

    async fn connect(&self) -> Engine {
        let surroundings = Surroundings::of_process().with_host(self.socket());
        Engine::connect(surroundings).await.unwrap()
    }

    /// Starts the daemon and asks it until it answers.
    async fn up(&mut self) {
        let folder = self.folder.path();
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        // The namespace has to stay the same for the networks of containers that live on.
        let namespace = folder.join("net");
        if !namespace.exists() {
            std::fs::write(&namespace, "").unwrap();
            let made = Command::new("unshare")
                .arg(format!("--net={}", namespace.display()))
                .args(["ip", "link", "set", "lo", "up"])
                .status();
            assert!(made.unwrap().success());
        }
        let mut command = background("nsenter", folder);
        command
            .arg(format!("--net={}", namespace.display()))
            .arg("dockerd")
            .args(["-H", &self.socket(), "--data-root", &path("data")])
            .args(["--exec-root", &path("exec"), "--pidfile", &path("pid")])
            .args(["--config-file", &path("none.json")])
            .args(["--containerd", &path("c.sock")])
            .arg(format!("--live-restore={}", self.live_restore));
        std::fs::write(folder.join("none.json"), "{}").unwrap();
        self.daemon = Some(command.spawn().unwrap());
        let answers = async {
            let surroundings = Surroundings::of_process().with_host(self.socket());
            while Engine::connect(surroundings.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, answers).await.is_err() {
            let log = std::fs::read_to_string(folder.join("log")).unwrap();
            panic!("the engine does not come up:\n{log}");
        }
    }

    /// Ends the daemon and waits until it is gone.
    async fn down(&mut self, signal: &str) {
        let Some(mut daemon) = self.daemon.take() else {
            return;
        };
        let sent = Command::new("kill")
            .args([format!("-{signal}"), daemon.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let ended = async {
            while daemon.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.unwrap();
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let id = daemon.id().to_string();
            drop(Command::new("kill").args(["-TERM", &id]).status());
            drop(daemon.wait());
        }
        drop(self.containerd.kill());
        drop(self.containerd.wait());
        // A test that failed with its engine down leaves what holds its containers.
        kill_all_of(self.folder.path());
        unmount(self.folder.path());
    }
}

/// Kills the programs that were started with this folder in their words, one by one.
fn kill_all_of(folder: &Path) {
    let folder = folder.to_string_lossy();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains(&*folder) {
            let id = process.file_name();
            drop(Command::new("kill").arg("-KILL").arg(id).status());
        }
    }
}

/// A program that does not hear what this terminal is told, and writes down what it says.
fn background(program: &str, folder: &Path) -> Command {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0);
    command
}

fn containerd(folder: &Path) -> Child {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let config = "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n";
    std::fs::write(folder.join("c.toml"), config).unwrap();
    background("containerd", folder)
        .args(["--config", &path("c.toml"), "--address", &path("c.sock")])
        .args(["--root", &path("c"), "--state", &path("cs")])
        .args(["--log-level", "error"])
        .spawn()
        .unwrap()
}

/// Unmounts what is mounted below a folder, so that it can be removed.
fn unmount(folder: &Path) {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let below = mounts
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .filter(|target| Path::new(target).starts_with(folder));
    for target in below.collect::<Vec<_>>().into_iter().rev() {
        drop(Command::new("umount").args(["-l", target]).status());
    }
}

/// The numbers of the lines `tick N`, from a log.
fn ticks(lines: &[flowctl_core::executor::LogLine]) -> Vec<u64> {
    text(lines, Stream::Out)
        .lines()
        .map(|line| line.strip_prefix("tick ").unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_unavailable() {
    let surroundings = Surroundings::of_process().with_host("unix:///nonexistent/socket");
    let error = Engine::connect(surroundings).await;
    assert_eq!(
        error.as_ref().err().map(|error| error.kind().clone()),
        Some(ExecutorErrorKind::Unavailable)
    );
    let error = told(error);
    assert!(
        error.contains("unix:///nonexistent/socket (DOCKER_HOST)"),
        "{error}"
    );
    // A socket that nobody listens on any more.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let surroundings = Surroundings::of_process().with_host(format!("unix://{}", path.display()));
    let error = Engine::connect(surroundings).await;
    assert_eq!(kind(error), Some(ExecutorErrorKind::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_does_not_answer_is_given_up_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let _silent = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let surroundings = Surroundings::of_process().with_host(format!("unix://{}", path.display()));
    let began = tokio::time::Instant::now();
    let error = Engine::connect(surroundings).await;
    assert_eq!(kind(error), Some(ExecutorErrorKind::Unavailable));
    assert_eq!(began.elapsed(), Engine::CONNECT_WITHIN);
}

/// The containers live on while the engine is restarted; calls that wait notice nothing.
#[tokio::test]
async fn a_restart_under_live_containers_is_stood() {
    for signal in ["TERM", "KILL"] {
        let Some(mut private) = PrivateEngine::start("live restore", true).await else {
            return;
        };
        let bench = Bench::on(private.connect().await).await;
        let ticking = bench.start("ticking", &["tick", "5"]).await;
        let ending = bench.start("ending", &["serve"]).await;
        let mut options = LogOptions::default();
        options.follow = true;
        let mut lines = bench.executor.logs(&ticking, options).await.unwrap();
        let mut seen = Vec::new();
        let executor = bench.executor.clone();
        let waiting = executor.wait(&ending);
        tokio::pin!(waiting);
        // It waits before the engine goes.
        assert!(
            tokio::time::timeout(Duration::from_millis(100), &mut waiting)
                .await
                .is_err()
        );
        for _ in 0..50 {
            seen.push(lines.next().await.unwrap().unwrap());
        }
        private.down(signal).await;
        let refused = bench.executor.list(&bench.scope.id).await;
        assert_eq!(kind(refused), Some(ExecutorErrorKind::Unavailable));
        // A stop that is asked for while the engine is away is done when it is back.
        let stopping = bench.executor.stop(&ending, StopOptions::within(PATIENCE));
        let (stopped, ()) = tokio::join!(
            async {
                match stopping.await {
                    Err(error) if error.is_transient() => None,
                    other => Some(other.unwrap()),
                }
            },
            private.up()
        );
        let stopped = match stopped {
            Some(report) => report,
            None => bench.stop(&ending).await,
        };
        assert_eq!(stopped.status, ExitStatus::Code(0));
        let waited = tokio::time::timeout(PATIENCE, waiting).await.unwrap();
        assert_eq!(waited.unwrap(), stopped);
        while seen.len() < 400 {
            let line = tokio::time::timeout(PATIENCE, lines.next()).await.unwrap();
            seen.push(line.unwrap().unwrap());
        }
        bench.stop(&ticking).await;
        while let Some(line) = lines.next().await {
            seen.push(line.unwrap());
        }
        let seen = ticks(&seen);
        assert_eq!(seen, (0..seen.len() as u64).collect::<Vec<_>>(), "{signal}");
        assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap().len(), 2);
        bench.close().await;
    }
}

/// The engine takes its containers along; how they ended is told once it is back.
#[tokio::test]
async fn a_restart_that_ends_the_containers_is_told() {
    let Some(mut private) = PrivateEngine::start("restart", false).await else {
        return;
    };
    let bench = Bench::on(private.connect().await).await;
    let handle = bench.start("one", &["serve"]).await;
    let executor = bench.executor.clone();
    let waiting = executor.wait(&handle);
    tokio::pin!(waiting);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), &mut waiting)
            .await
            .is_err()
    );
    private.down("TERM").await;
    let (report, ()) = tokio::join!(waiting, private.up());
    assert_eq!(report.unwrap().status, ExitStatus::Code(0));
    bench.close().await;
}

/// Wherever in a start the engine goes: there is at most one container, and the next start knows it.
#[tokio::test]
async fn an_engine_that_goes_during_a_start_leaves_at_most_one_container() {
    let Some(mut private) = PrivateEngine::start("engine gone during start", false).await else {
        return;
    };
    let bench = Bench::on(private.connect().await).await;
    let mut instance = bench.instance("one", &["serve"]);
    for delay in [0, 5, 20, 80, 200] {
        let going = async {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            private.down("KILL").await;
        };
        let (started, ()) = tokio::join!(bench.executor.start(&instance), going);
        let started = kind(started);
        let unavailable = ExecutorErrorKind::Unavailable;
        assert!(started.is_none_or(|kind| kind == unavailable));
        private.up().await;
        let listed = bench.executor.list(&bench.scope.id).await.unwrap();
        let of_it = listed
            .iter()
            .filter(|handle| handle.generation == instance.generation);
        assert!(of_it.count() <= 1, "{listed:?}");
        match bench.executor.start(&instance).await {
            Ok(handle) => assert_eq!(bench.stop(&handle).await.status, ExitStatus::Code(0)),
            // It ran, and the engine ended it when it came up.
            Err(error) => assert_eq!(*error.kind(), ExecutorErrorKind::AlreadyExists),
        }
        instance.generation += 1;
    }
    bench.close().await;
}

#[tokio::test]
async fn an_engine_that_stays_away_is_unavailable_to_those_who_wait() {
    let Some(mut private) = PrivateEngine::start("engine gone", false).await else {
        return;
    };
    let bench = Bench::on(private.connect().await).await;
    let handle = bench.start("one", &["serve"]).await;
    let impatient = DockerExecutor::new(bench.executor.engine().clone())
        .with_patience(Duration::from_millis(200));
    let mut options = LogOptions::default();
    options.follow = true;
    let mut lines = impatient.logs(&handle, options).await.unwrap();
    let waiting = impatient.wait(&handle);
    let reading = lines.next();
    tokio::pin!(waiting, reading);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), &mut waiting)
            .await
            .is_err()
    );
    assert!(
        tokio::time::timeout(Duration::from_millis(100), &mut reading)
            .await
            .is_err()
    );
    private.down("KILL").await;
    let unavailable = Some(ExecutorErrorKind::Unavailable);
    assert_eq!(kind(waiting.await), unavailable);
    assert_eq!(kind(reading.await.unwrap()), unavailable);
    let instance = bench.instance("two", &["serve"]);
    assert_eq!(kind(bench.executor.start(&instance).await), unavailable);
    assert_eq!(kind(bench.executor.recover(&handle).await), unavailable);
    private.up().await;
    bench.close().await;
}
