use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    mem::MaybeUninit,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStringExt, fs::MetadataExt},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{FallocateFlags, inotify},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use tokio::io::{Interest, unix::AsyncFd};

/// A process as `/proc/PID/stat` shows it (proc_pid_stat(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Observed {
    /// Its process group.
    pub(in super::super) group: u32,
    /// When it started, in clock ticks since the machine did.
    pub(in super::super) start: u64,
    /// Whether it has ended and nobody has asked for its status yet.
    pub(in super::super) zombie: bool,
}

/// What the machine calls the time since it started: another one each time it starts.
pub(in super::super) fn boot() -> io::Result<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(text.trim().to_owned())
}

/// In which numbering of processes this one lives; equal numbers mean equal processes only within.
pub(in super::super) fn namespace() -> io::Result<String> {
    let link = fs::read_link("/proc/self/ns/pid")?;
    Ok(link.to_string_lossy().into_owned())
}

/// The process with this number, if there is one.
pub(in super::super) fn observe(pid: u32) -> io::Result<Option<Observed>> {
    match fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => parse(&stat).map(Some).ok_or_else(|| {
            let message = format!("/proc/{pid}/stat is not what it should be");
            io::Error::new(io::ErrorKind::InvalidData, message)
        }),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `ENOENT` before it is opened, `ESRCH` after.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The second field is the program's name in parentheses and may hold anything, so count from its end.
fn parse(stat: &[u8]) -> Option<Observed> {
    let name_ends = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_ends + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Fields 3 (state), 5 (process group) and 22 (start time) of the manual page.
    Some(Observed {
        zombie: matches!(*fields.first()?, "Z" | "X" | "x"),
        group: fields.get(2)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
    })
}

/// The processes of this machine that this process may see.
fn pids() -> io::Result<impl Iterator<Item = u32>> {
    Ok(fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// The members of a process group that have not ended.
pub(in super::super) fn members(group: u32) -> io::Result<Vec<u32>> {
    Ok(pids()?
        .filter(
            |pid| matches!(observe(*pid), Ok(Some(seen)) if seen.group == group && !seen.zombie),
        )
        .collect())
}

/// The processes whose standard output or error is this file.
pub(in super::super) fn writers_of(file: &Path) -> io::Result<Vec<u32>> {
    let wanted = fs::metadata(file)?;
    Ok(pids()?.filter(|pid| writes(*pid, &wanted)).collect())
}

fn writes(pid: u32, wanted: &fs::Metadata) -> bool {
    [1, 2].iter().any(|fd| {
        fs::metadata(format!("/proc/{pid}/fd/{fd}"))
            .is_ok_and(|seen| seen.ino() == wanted.ino() && seen.dev() == wanted.dev())
    })
}

/// Kills the processes whose standard output or error is this file.
pub(in super::super) fn kill_writers_of(file: &Path) -> io::Result<()> {
    let wanted = fs::metadata(file)?;
    for number in writers_of(file)? {
        let Some(pid) = i32::try_from(number).ok().and_then(Pid::from_raw) else {
            continue;
        };
        // Asked again with the process in hand, which cannot come to be another one.
        if let Ok(process) = pidfd_open(pid, PidfdFlags::empty())
            && writes(number, &wanted)
        {
            let _ = pidfd_send_signal(process, Signal::KILL);
        }
    }
    Ok(())
}

/// The environment that a process was started with.
pub(in super::super) fn environment(
    pid: u32,
) -> io::Result<BTreeMap<std::ffi::OsString, std::ffi::OsString>> {
    let bytes = fs::read(format!("/proc/{pid}/environ"))?;
    Ok(bytes
        .split(|byte| *byte == 0)
        .filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            let (key, value) = pair.split_at(at);
            let text = |bytes: &[u8]| std::ffi::OsString::from_vec(bytes.to_vec());
            Some((text(key), text(value.get(1..)?)))
        })
        .collect())
}

/// The folder that a process is in.
pub(in super::super) fn working_dir(pid: u32) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd"))
}

/// Gives the room of a part of a file back; it reads as zeros and the file keeps its length.
pub(in super::super) fn punch(file: &File, offset: u64, length: u64) -> io::Result<()> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    Ok(rustix::fs::fallocate(file, flags, offset, length)?)
}

/// A descriptor that tells when it can be read.
#[expect(
    deprecated,
    reason = "tokio cannot trust every type to keep its descriptor open; `OwnedFd` does"
)]
fn readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, Interest::READABLE)
}

/// The end of one process, which need not be a child. A pidfd: it never comes to mean another process.
#[derive(Debug)]
pub(in super::super) struct EndOf(AsyncFd<OwnedFd>);

impl EndOf {
    /// The end of the process that has this number now; `None` if no process has.
    pub(in super::super) fn process(pid: u32) -> io::Result<Option<Self>> {
        let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        match pidfd_open(pid, PidfdFlags::NONBLOCK) {
            Ok(fd) => Ok(Some(Self(readable(fd)?))),
            Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for it. A child that has ended still has its number then. Cancel safe.
    pub(in super::super) async fn wait(&self) -> io::Result<()> {
        self.0.readable().await?.retain_ready();
        Ok(())
    }
}

/// Tells when something changes in a folder.
#[derive(Debug)]
pub(in super::super) struct Changes(Option<AsyncFd<OwnedFd>>);

impl Changes {
    /// Watches a folder. Where the machine has no watch left (`fs.inotify.max_user_instances`), the
    /// change is assumed every 50 ms instead.
    pub(in super::super) fn of(folder: &Path) -> Self {
        let watch = || -> io::Result<_> {
            let fd = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
            let events = inotify::WatchFlags::MODIFY
                | inotify::WatchFlags::MOVED_TO
                | inotify::WatchFlags::DELETE_SELF;
            inotify::add_watch(&fd, folder, events)?;
            readable(fd)
        };
        Self(watch().ok())
    }

    /// Waits for a change, at most `most`. Changes that came since the last call count. Cancel safe.
    pub(in super::super) async fn next(&mut self, most: Duration) {
        let Some(fd) = &self.0 else {
            tokio::time::sleep(most.min(Duration::from_millis(50))).await;
            return;
        };
        let Ok(Ok(mut ready)) = tokio::time::timeout(most, fd.readable()).await else {
            return;
        };
        // What exactly has changed does not matter: the files say.
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(fd.get_ref(), &mut buffer);
        while reader.next().is_ok() {}
        ready.clear_ready();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_stat_line_may_hold_anything() {
        let stat = b"7 (a) R 1 (b) S 1 70 7 0 -1 4194304 9 0 0 0 1 2 0 0 20 0 1 0 123456 0 0";
        let expected = Observed {
            group: 70,
            start: 123_456,
            zombie: false,
        };
        assert_eq!(parse(stat), Some(expected));
        assert_eq!(parse(b"7 (a"), None);
        assert_eq!(parse(b"7 (a) Z 1"), None);
    }

    #[test]
    fn this_process_is_there_and_no_process_zero() {
        let me = observe(std::process::id()).unwrap().unwrap();
        assert!(!me.zombie);
        assert!(members(me.group).unwrap().contains(&std::process::id()));
        assert_eq!(observe(0).unwrap(), None);
    }
}
