use std::{io, sync::Arc};

use super::{
    control::Control,
    entry::Entry,
    group::Group,
    identity::{Identity, Presence},
    instance_folder::{InstanceFolder, KeeperLock},
    keeper::{Keeper, Process},
    log::LogKeeper,
    os,
    record::{Record, State},
    settings::Settings,
    table::Table,
};
use crate::{
    RunId,
    executor::{ExitReport, ExitStatus, Handle},
};

/// Who can answer for an instance.
#[derive(Debug)]
pub(super) enum Standing {
    /// Nobody: it is not known.
    Unknown,
    /// This process, which keeps it.
    Kept(Arc<Entry>),
    /// Another process, which keeps it.
    KeptElsewhere(Identity),
    /// It has ended.
    Ended(ExitReport),
    /// It may run, and it cannot be seen from here, for this reason.
    Hidden(String),
}

/// Finds out who can answer for an instance. One that runs and that nobody keeps is kept from now on.
pub(super) fn standing(
    settings: &Settings,
    table: &Table,
    handle: &Handle,
) -> io::Result<Standing> {
    if let Some(entry) = table.get(handle) {
        return Ok(Standing::Kept(entry));
    }
    let folder = settings.folder_of(handle);
    let Some(record) = folder.read()? else {
        return Ok(Standing::Unknown);
    };
    if record.handle().as_ref() != Some(handle) {
        return Ok(Standing::Unknown);
    }
    let identity = match &record.state {
        State::Starting => return Ok(Standing::Unknown),
        State::Ended(_, exit) => return Ok(Standing::Ended(exit.into())),
        State::Started(identity) => identity.clone(),
    };
    let Some(lock) = folder.lock()? else {
        // One task of this process may have become the keeper in the meantime.
        return Ok(match table.get(handle) {
            Some(entry) => Standing::Kept(entry),
            None => Standing::KeptElsewhere(identity),
        });
    };
    // The keeper may have written the end after the record was read and before it let go.
    if let Some(State::Ended(_, exit)) = folder.read()?.map(|record| record.state) {
        return Ok(Standing::Ended(ExitReport::from(&exit)));
    }
    take_over(settings, table, folder, lock, record, identity)
}

/// Keeps an instance that an earlier process started.
fn take_over(
    settings: &Settings,
    table: &Table,
    folder: InstanceFolder,
    lock: KeeperLock,
    record: Record,
    identity: Identity,
) -> io::Result<Standing> {
    // First the descriptor, then the proof: from then on it cannot come to mean another process.
    let end = os::EndOf::process(identity.pid)?;
    let end = match (folder.presence(&identity)?, end) {
        (Presence::Hidden(reason), _) => return Ok(Standing::Hidden(reason)),
        (Presence::Runs, Some(end)) => end,
        (Presence::Ended, _) | (_, None) => {
            folder.end_writers();
            return Ok(Standing::Ended(ExitReport::new(ExitStatus::Unknown)));
        }
    };
    let Some(handle) = record.handle() else {
        return Ok(Standing::Unknown);
    };
    let control = Arc::new(Control::new(Group::led_by(identity.pid)?));
    let logs = LogKeeper::open(&folder, settings.log_limit)?;
    let (ended, ending) = tokio::sync::watch::channel(None);
    let entry = Arc::new(Entry {
        handle,
        record: record.clone(),
        control: Arc::clone(&control),
        ended: ending,
        surroundings: None,
    });
    let keeper = Keeper {
        folder,
        lock,
        record,
        identity,
        end,
        process: Process::new(None, control),
        logs,
        ended,
    };
    table.insert(Arc::clone(&entry), keeper.keep());
    Ok(Standing::Kept(entry))
}

/// The handles of all instances of a run.
pub(super) fn list(settings: &Settings, run: &RunId) -> io::Result<Vec<Handle>> {
    let mut handles = Vec::new();
    for folder in InstanceFolder::of_run(&settings.folder, run)? {
        let Some(record) = folder.read()? else {
            continue;
        };
        let record = match record.state {
            State::Starting => match find_started(&folder)? {
                Some(record) => record,
                None => continue,
            },
            State::Started(_) | State::Ended(..) => record,
        };
        handles.extend(record.handle());
    }
    Ok(handles)
}

/// Looks after an instance whose starter was cut short between starting it and writing that down. Its
/// first process is known by its output, which goes to the instance's own files.
///
/// `None` if it is being started right now, or never was.
pub(super) fn find_started(folder: &InstanceFolder) -> io::Result<Option<Record>> {
    let Some(_lock) = folder.lock()? else {
        return Ok(None);
    };
    let record = match folder.read()? {
        Some(record) if record.state == State::Starting => record,
        other => return Ok(other),
    };
    for stream in [crate::executor::Stream::Out, crate::executor::Stream::Err] {
        let file = folder.log(stream);
        if !file.exists() {
            continue;
        }
        for pid in os::writers_of(&file)? {
            let leads = os::observe(pid)?.is_some_and(|seen| seen.group == pid);
            if leads && let Some(identity) = Identity::of(pid)? {
                let record = record.with(State::Started(identity));
                folder.write(&record)?;
                return Ok(Some(record));
            }
        }
    }
    Ok(None)
}
