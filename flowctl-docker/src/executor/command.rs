use std::{convert::Infallible, time::Duration};

use bollard::{
    Docker,
    errors::Error,
    exec::{CreateExecOptions, StartExecOptions, StartExecResults},
};
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind, ExitReport, ExitStatus, Handle};
use futures_util::StreamExt;
use tokio::sync::oneshot;

use super::{
    DockerExecutor, Outage,
    docker_executor::{container_id, not_found},
};
use crate::{
    container::{Phase, phase},
    error::{Call, NAME, failed},
};

/// How long the process of a command that was cut short is looked for.
const FOUND_WITHIN: Duration = Duration::from_secs(10);

impl DockerExecutor {
    /// Runs a command inside a container. What it writes is read, so that it cannot stand still on it,
    /// and dropped.
    ///
    /// The engine has no way to end a command. A call that is cut short kills it where the engine's
    /// processes are this machine's and this user may; else the command goes on to its own end.
    pub(super) async fn run_command(
        &self,
        handle: &Handle,
        command: &[String],
    ) -> Result<ExitReport, ExecutorError> {
        let found = self.find(handle, Call::Exec).await?;
        if phase(found.state.as_ref()) != Phase::Running {
            return Err(not_found(Call::Exec).of(handle.component.clone()));
        }
        let command = Command {
            docker: self.engine.docker.clone(),
            container: container_id(handle).to_owned(),
            words: command.to_vec(),
            is_local: self.engine.host().is_local(),
        };
        // Held by this call: when it is gone, so is the call.
        let (_caller, cut) = oneshot::channel();
        #[expect(
            clippy::disallowed_methods,
            reason = "it has to outlive a call that is cut short, and ends soon after it"
        )]
        let running = tokio::spawn(command.run(cut));
        let ended = running.await.map_err(|cause| {
            ExecutorError::new(NAME, Call::Exec.action(), ExecutorErrorKind::Failed)
                .of(handle.component.clone())
                .caused_by(cause)
        })?;
        ended.map_err(|cause| failed(Call::Exec, cause).of(handle.component.clone()))
    }
}

struct Command {
    docker: Docker,
    container: String,
    words: Vec<String>,
    is_local: bool,
}

impl Command {
    async fn run(self, cut: oneshot::Receiver<Infallible>) -> Result<ExitReport, Error> {
        let unknown = || Ok(ExitReport::new(ExitStatus::Unknown));
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(self.words.clone()),
            ..CreateExecOptions::default()
        };
        let exec = self.docker.create_exec(&self.container, options).await?.id;
        if cut.is_terminated() {
            return unknown();
        }
        let started = self.docker.start_exec(&exec, None::<StartExecOptions>);
        let mut output = match started.await {
            Ok(StartExecResults::Attached { output, .. }) => output,
            Ok(StartExecResults::Detached) => return unknown(),
            Err(cause) => return refused(cause),
        };
        let ended = async {
            while let Some(written) = output.next().await {
                written?;
            }
            Ok::<(), Error>(())
        };
        tokio::select! {
            ended = ended => ended?,
            _ = cut => {
                self.kill(&exec).await;
                return unknown();
            }
        }
        let code = self.docker.inspect_exec(&exec).await?.exit_code;
        let code = code.and_then(|code| i32::try_from(code).ok());
        Ok(ExitReport::new(match code {
            Some(code @ 129..=192) => ExitStatus::Signal(code - 128),
            Some(code) => ExitStatus::Code(code),
            None => ExitStatus::Unknown,
        }))
    }

    /// Kills the process of a command, which may only just be starting.
    async fn kill(&self, exec: &str) {
        let mut patience = Outage::new(FOUND_WITHIN);
        loop {
            if !self.is_local {
                break;
            }
            let Ok(found) = self.docker.inspect_exec(exec).await else {
                break;
            };
            let pid = found.pid.and_then(|pid| i32::try_from(pid).ok());
            match pid.and_then(rustix::process::Pid::from_raw) {
                Some(_) if found.running == Some(false) => return,
                Some(pid) if self.has(pid) => {
                    match rustix::process::kill_process(pid, rustix::process::Signal::KILL) {
                        Ok(()) => return,
                        Err(_) => break,
                    }
                }
                // Its number is not known yet, or it is not in its container yet.
                _ if patience.endure().await => {}
                _ => break,
            }
        }
        tracing::warn!(
            container = self.container,
            "a command that was cut short cannot be ended"
        );
    }

    /// Whether the process is in this container. Numbers may be those of another machine, or have
    /// passed on to somebody else.
    fn has(&self, pid: rustix::process::Pid) -> bool {
        let groups = format!("/proc/{}/cgroup", pid.as_raw_nonzero());
        let groups = std::fs::read_to_string(groups).unwrap_or_default();
        groups.contains(&self.container)
    }
}

/// A program that is not there, or is none, is reported as shells do it: 127 and 126.
fn refused(cause: Error) -> Result<ExitReport, Error> {
    let code = match &cause {
        Error::DockerResponseServerError { message, .. } => {
            if message.contains("no such file or directory")
                || message.contains("executable file not found")
            {
                Some(127)
            } else if message.contains("permission denied") {
                Some(126)
            } else {
                None
            }
        }
        _ => None,
    };
    code.map_or(Err(cause), |code| {
        Ok(ExitReport::new(ExitStatus::Code(code)))
    })
}
