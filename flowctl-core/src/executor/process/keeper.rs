use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, ExitStatus as ChildStatus},
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustix::process::Signal;
use tokio::{sync::watch, time::Instant};

use super::{
    control::Control,
    identity::{Identity, Presence},
    instance_folder::{InstanceFolder, KeeperLock},
    log::LogKeeper,
    os,
    record::{Exit, Record, State},
};
use crate::executor::{ExitReport, ExitStatus};

/// How often a thing is looked at that nobody tells about.
const EVERY: Duration = Duration::from_millis(10);

/// How long the kernel is given to end processes that were killed.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// Stays with one instance to its end: sees to its output, ends what it leaves behind, reports.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) folder: InstanceFolder,
    pub(super) lock: KeeperLock,
    pub(super) record: Record,
    pub(super) identity: Identity,
    pub(super) end: os::EndOf,
    pub(super) process: Process,
    pub(super) logs: LogKeeper,
    pub(super) ended: watch::Sender<Option<ExitReport>>,
}

/// The process of a kept instance. A child that is dropped before its end is killed, with its group.
#[derive(Debug)]
pub(super) struct Process {
    /// `None` for one that an earlier process started.
    child: Option<Child>,
    control: Arc<Control>,
}

impl Keeper {
    /// Keeps the instance until it has ended. Dropped earlier, it kills what this process started.
    pub(super) async fn keep(mut self) {
        let mut changes = os::Changes::of(self.folder.path());
        // What was written before the watch began has told nobody.
        self.observe();
        loop {
            tokio::select! {
                () = self.wait() => break,
                () = something(&mut changes) => self.observe(),
            }
        }
        let status = self.end_group().await;
        let folder = self.folder.clone();
        blocking(move || folder.end_writers()).await;
        self.observe();

        let forced = self.process.control.is_forced() || self.folder.is_forced();
        let mut report = ExitReport::new(status).forced(forced);
        // Whole nanoseconds since 1970, so that a report that was written down equals this one.
        report.ended = Some(SystemTime::now());
        let exit = Exit::from(&report);
        report = ExitReport::from(&exit);
        let record = self
            .record
            .clone()
            .with(State::Ended(self.identity.clone(), exit));
        let folder = self.folder.clone();
        let write = move || {
            if let Err(error) = folder.write(&record) {
                tracing::warn!(
                    component = %record.component,
                    error = &error as &dyn std::error::Error,
                    "the end of an instance could not be written down"
                );
            }
        };
        blocking(write).await;
        self.ended.send_replace(Some(report));
        drop(self.lock);
    }

    fn observe(&mut self) {
        if let Err(error) = self.logs.observe() {
            tracing::warn!(
                component = %self.record.component,
                error = &error as &dyn std::error::Error,
                "the output of an instance could not be looked after"
            );
        }
    }

    async fn wait(&self) {
        while let Err(error) = self.end.wait().await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "cannot wait for a process"
            );
            if matches!(self.identity.presence(), Ok(Presence::Ended)) {
                return;
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Ends the members of the group that outlived the first process, and reaps that one.
    async fn end_group(&mut self) -> ExitStatus {
        let members = || os::members(self.identity.pid).unwrap_or_default();
        let control = &self.process.control;
        while let Some(deadline) = control.deadline()
            && Instant::now() < deadline
            && !members().is_empty()
        {
            tokio::time::sleep(EVERY).await;
        }
        let left = !members().is_empty();
        if left && control.deadline().is_some() {
            control.force();
        }
        // A child keeps its number until it is reaped. The number of another process is the group's
        // as long as the group has members.
        if left || self.process.child.is_some() {
            let _ = control.signal(Signal::KILL);
        }
        let patience = Instant::now() + KILLED_WITHIN;
        while left && Instant::now() < patience && !members().is_empty() {
            tokio::time::sleep(EVERY).await;
        }
        self.process.reap()
    }
}

/// Does what may take milliseconds where that blocks nobody.
async fn blocking(act: impl FnOnce() + Send + 'static) {
    // It fails only if it panics, and then the panic is told.
    let _ = tokio::task::spawn_blocking(act).await;
}

/// Waits for a change, and a little longer: a program that writes without a pause is not looked at for
/// each line.
async fn something(changes: &mut os::Changes) {
    changes.next(Duration::from_secs(1)).await;
    tokio::time::sleep(EVERY).await;
}

impl Process {
    pub(super) const fn new(child: Option<Child>, control: Arc<Control>) -> Self {
        Self { child, control }
    }

    /// Ends what is left of the group of a child that has ended, and reaps it.
    pub(super) fn end(&mut self) -> ExitStatus {
        let _ = self.control.signal(Signal::KILL);
        self.reap()
    }

    fn reap(&mut self) -> ExitStatus {
        let child = self.child.take();
        self.control.reap(|| match child {
            Some(mut child) => match child.wait() {
                Ok(status) => status_of(status),
                Err(_) => ExitStatus::Unknown,
            },
            None => ExitStatus::Unknown,
        })
    }
}

/// What the kernel says of how a child ended.
fn status_of(status: ChildStatus) -> ExitStatus {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitStatus::Code(code),
        (None, Some(signal)) => ExitStatus::Signal(signal),
        (None, None) => ExitStatus::Unknown,
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let _ = self.control.signal(Signal::KILL);
        // The kernel may take its time, and a destructor must not: another thread waits.
        let control = Arc::clone(&self.control);
        let reaper = std::thread::Builder::new().name("flowctl-reaper".to_owned());
        let _ = reaper.spawn(move || control.reap(|| child.wait()));
    }
}
