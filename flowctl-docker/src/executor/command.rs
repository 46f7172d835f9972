use bollard::{
    errors::Error,
    exec::{CreateExecOptions, StartExecOptions, StartExecResults},
};
use flowctl_core::executor::{ExecutorError, ExitReport, ExitStatus, Handle};
use futures_util::StreamExt;

use super::{
    DockerExecutor,
    docker_executor::{container_id, not_found},
};
use crate::{
    container::{Phase, phase},
    error::{Call, failed},
};

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
        self.exec(container_id(handle), command)
            .await
            .map_err(|cause| failed(Call::Exec, cause).of(handle.component.clone()))
    }

    async fn exec(&self, container: &str, command: &[String]) -> Result<ExitReport, Error> {
        let docker = &self.engine.docker;
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        let exec = docker.create_exec(container, options).await?.id;
        let mut running = Running::new(container);
        let started = docker.start_exec(&exec, None::<StartExecOptions>).await;
        let mut output = match started {
            Ok(StartExecResults::Attached { output, .. }) => output,
            Ok(StartExecResults::Detached) => return Ok(ExitReport::new(ExitStatus::Unknown)),
            Err(cause) => return refused(cause),
        };
        if self.engine.host().is_local() {
            let pid = docker.inspect_exec(&exec).await?.pid;
            running.is_process(pid);
        }
        while let Some(written) = output.next().await {
            written?;
        }
        running.has_ended();
        let code = docker.inspect_exec(&exec).await?.exit_code;
        let code = code.and_then(|code| i32::try_from(code).ok());
        Ok(ExitReport::new(match code {
            Some(code @ 129..=192) => ExitStatus::Signal(code - 128),
            Some(code) => ExitStatus::Code(code),
            None => ExitStatus::Unknown,
        }))
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

/// A command that runs; kills it when dropped before its end.
struct Running<'a> {
    container: &'a str,
    pid: Option<rustix::process::Pid>,
}

impl<'a> Running<'a> {
    const fn new(container: &'a str) -> Self {
        Self {
            container,
            pid: None,
        }
    }

    fn is_process(&mut self, pid: Option<i64>) {
        self.pid = pid
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(rustix::process::Pid::from_raw);
    }

    fn has_ended(&mut self) {
        self.pid = None;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let Some(pid) = self.pid else {
            return;
        };
        // The number may be one of another machine's, or have passed on: only a process that is in this
        // container is killed.
        let groups = format!("/proc/{}/cgroup", pid.as_raw_nonzero());
        let groups = std::fs::read_to_string(groups).unwrap_or_default();
        if groups.contains(self.container)
            && let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::KILL)
        {
            tracing::warn!(container = self.container, %error, "a command that was cut short goes on");
        }
    }
}
