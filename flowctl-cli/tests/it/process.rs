//! A flowctl process in a folder of its own.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A folder in which flowctl runs, with its state in it and nothing of the user's environment.
#[derive(Debug)]
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Longer than any run of these tests takes, so that a hanging one fails with what it said.
const PATIENCE: Duration = Duration::from_secs(30);

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The command with these arguments, not started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowctl"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn flowctl(&self, arguments: &[&str]) -> Ended {
        end(self.start(arguments))
    }

    /// Starts it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }
}

/// Stops a pipeline that a test leaves running when it fails.
#[derive(Debug)]
pub(crate) struct Stopped<'p> {
    pub(crate) place: &'p Place,
    /// Its name or its file.
    pub(crate) name: &'static str,
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        let _ = self.place.flowctl(&["stop", self.name, "--within", "1s"]);
    }
}

impl Ended {
    /// The exit code; panics with what was said if it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{}\n{}{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Waits for the end, and takes what was said.
pub(crate) fn end(mut child: Child) -> Ended {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reading = |stream: Option<Box<dyn std::io::Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                stream.read_to_end(&mut bytes).unwrap();
            }
            String::from_utf8(bytes).unwrap()
        })
    };
    let stdout = reading(stdout.map(|stream| Box::new(stream) as _));
    let stderr = reading(stderr.map(|stream| Box::new(stream) as _));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        pause(Duration::from_millis(10));
    };
    Ended {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits until something is so; panics when it takes too long.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        pause(Duration::from_millis(5));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no runtime here: another process is watched"
)]
pub(crate) fn pause(duration: Duration) {
    thread::sleep(duration);
}
