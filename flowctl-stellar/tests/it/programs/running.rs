use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long a program may take for anything. Only a program that hangs takes as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program that runs. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    said: Receiver<Value>,
    /// What it has said so far.
    pub(crate) lines: Vec<Value>,
}

/// How a program has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// All that it logged; lines that are no JSON as text.
    pub(crate) lines: Vec<Value>,
}

/// The path of a program of this crate.
pub(crate) fn path(program: &str) -> &'static str {
    match program {
        "simulated-rpc" => env!("CARGO_BIN_EXE_simulated-rpc"),
        "consumer-app" => env!("CARGO_BIN_EXE_consumer-app"),
        "ttp-processor" => env!("CARGO_BIN_EXE_ttp-processor"),
        "stellar-live-source" => env!("CARGO_BIN_EXE_stellar-live-source"),
        "stellar-live-source-datalake" => env!("CARGO_BIN_EXE_stellar-live-source-datalake"),
        other => panic!("there is no program {other}"),
    }
}

/// A command with this environment and no other.
pub(crate) fn command(program: &str, set: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path(program));
    command.env_clear().envs(set.iter().copied());
    command.stdin(Stdio::null());
    command
}

impl Running {
    /// Starts a program on free ports of the loopback.
    pub(crate) fn start(program: &str, set: &[(&str, &str)]) -> Self {
        let mut command = command(program, set);
        for name in ["PORT", "HEALTH_PORT"] {
            if set.iter().all(|(known, _)| *known != name) {
                command.env(name, "127.0.0.1:0");
            }
        }
        let mut child = command
            .env("LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (to, said) = sync_channel(10_000);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            said,
            lines: Vec::new(),
        }
    }

    /// Waits until the program has said this, and gives the line. What was said before counts.
    pub(crate) fn wait_for(&mut self, message: &str) -> Value {
        let says = |line: &&Value| {
            let text = line.get("message").unwrap_or(line).as_str();
            text.is_some_and(|text| text.contains(message))
        };
        if let Some(line) = self.lines.iter().find(says) {
            return line.clone();
        }
        let until = Instant::now() + PATIENCE;
        loop {
            match self
                .said
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.lines.push(line.clone());
                    if says(&&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no `{message}`: {:?}", self.lines),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without `{message}`: {:?}", self.lines)
                }
            }
        }
    }

    /// The address in the line that says this.
    pub(crate) fn address(&mut self, message: &str) -> String {
        let line = self.wait_for(message);
        line["address"].as_str().unwrap().to_owned()
    }

    /// Asks the program to end.
    pub(crate) fn terminate(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Waits until the program has ended.
    pub(crate) fn ended(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        // Its log ends when it does.
        loop {
            match self
                .said
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.lines.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:?}", self.lines),
            }
        }
        let code = self.child.wait().unwrap().code();
        Ended {
            code,
            lines: std::mem::take(&mut self.lines),
        }
    }
}

impl Ended {
    /// All that was logged, as one text.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
