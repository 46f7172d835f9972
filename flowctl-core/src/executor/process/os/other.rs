use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, WaitId, WaitIdOptions, test_kill_process, waitid};

/// How often a thing is looked at that this system does not tell about.
const EVERY: Duration = Duration::from_millis(50);

/// A process, of which this system tells no more than that it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Observed {
    pub(in super::super) group: u32,
    pub(in super::super) start: u64,
    pub(in super::super) zombie: bool,
}

pub(in super::super) fn boot() -> io::Result<String> {
    Ok(String::new())
}

pub(in super::super) fn namespace() -> io::Result<String> {
    Ok(String::new())
}

fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

pub(in super::super) fn observe(pid: u32) -> io::Result<Option<Observed>> {
    let there = pid_of(pid).is_some_and(|pid| test_kill_process(pid).is_ok());
    Ok(there.then_some(Observed {
        group: pid,
        start: 0,
        zombie: false,
    }))
}

/// Nobody is known, so a group gets no further time once its leader has ended.
pub(in super::super) fn members(_group: u32) -> io::Result<Vec<u32>> {
    Ok(Vec::new())
}

pub(in super::super) fn writers_of(_file: &Path) -> io::Result<Vec<u32>> {
    Ok(Vec::new())
}

pub(in super::super) fn kill_writers_of(_file: &Path) -> io::Result<()> {
    Ok(())
}

pub(in super::super) fn environment(_pid: u32) -> io::Result<BTreeMap<OsString, OsString>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(in super::super) fn working_dir(_pid: u32) -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(in super::super) fn punch(_file: &File, _offset: u64, _length: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The end of a process, looked for every 50 ms.
#[derive(Debug)]
pub(in super::super) struct EndOf(Pid);

impl EndOf {
    pub(in super::super) fn process(pid: u32) -> io::Result<Option<Self>> {
        Ok(pid_of(pid)
            .filter(|pid| test_kill_process(*pid).is_ok())
            .map(Self))
    }

    pub(in super::super) async fn wait(&self) -> io::Result<()> {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        loop {
            match waitid(WaitId::Pid(self.0), look) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                // Not a child of this process.
                Err(_) if test_kill_process(self.0).is_err() => return Ok(()),
                Err(_) => {}
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// A change is assumed every 50 ms.
#[derive(Debug)]
pub(in super::super) struct Changes;

impl Changes {
    pub(in super::super) fn of(_folder: &Path) -> Self {
        Self
    }

    pub(in super::super) async fn next(&mut self, most: Duration) {
        tokio::time::sleep(most.min(EVERY)).await;
    }
}
