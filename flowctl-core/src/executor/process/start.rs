use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, PoisonError},
};

use super::{
    control::Control,
    entry::{Entry, Surroundings},
    failure::Failure,
    group::Group,
    identity::{Identity, Presence},
    instance_folder::{InstanceFolder, KeeperLock},
    keeper::{Keeper, Process},
    launch::Launch,
    log::LogKeeper,
    lookup::{Places, look, lookup},
    os,
    record::{Record, State},
    refusals::refused,
    settings::Settings,
    standing::find_started,
    table::Table,
};
use crate::{
    executor::{Handle, Instance, Stream},
    spec::{ComponentSpec, SecretKind},
};

/// Starts an instance, or finds the one that was started (E1). Runs to its end also when nobody waits
/// for it any more (E3).
pub(super) fn start(
    settings: &Settings,
    table: &Table,
    instance: &Instance,
) -> Result<Handle, Failure> {
    let component = &instance.component;
    if let Some(field) = refused(component, settings) {
        return Err(Failure::Unsupported(field));
    }
    let surroundings = surroundings(instance)?;
    let words: Vec<String> = [&component.command[..], &component.args].concat();
    let launch = launch(settings, words, &surroundings)?;

    let _once = table
        .starting
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = table.find(instance) {
        return if entry.is_over() {
            Err(Failure::AlreadyExists)
        } else {
            Ok(entry.handle.clone())
        };
    }
    let folder = settings.folder_for(instance);
    let mut lock = match claim(&folder)? {
        Claim::New(lock) => Some(lock),
        Claim::Running(handle) => return Ok(handle),
    };
    match spawn(
        settings,
        &folder,
        &mut lock,
        instance,
        &launch,
        surroundings,
    ) {
        Ok((entry, keeper)) => {
            let handle = entry.handle.clone();
            table.insert(Arc::new(entry), keeper.keep());
            Ok(handle)
        }
        Err(failure) => {
            // Nothing runs: what was started is killed when it is dropped. The lock is held still.
            folder.remove()?;
            Err(failure)
        }
    }
}

enum Claim {
    New(KeeperLock),
    Running(Handle),
}

/// Becomes the keeper of an instance that is to be started, unless it has been started before.
fn claim(folder: &InstanceFolder) -> Result<Claim, Failure> {
    let is_new = folder.create()?;
    if !is_new && let Some(claim) = started_before(folder)? {
        return Ok(claim);
    }
    let lock = folder.lock()?.ok_or(Failure::BeingStarted)?;
    // Another process may have started it between the look at the record and the lock.
    match started_before(folder)? {
        Some(claim) => Ok(claim),
        None => Ok(Claim::New(lock)),
    }
}

/// What an earlier start has come to; `None` if there was none, or what it has left is forgotten.
fn started_before(folder: &InstanceFolder) -> Result<Option<Claim>, Failure> {
    let record = match folder.read()? {
        Some(record) if record.state == State::Starting => find_started(folder)?,
        other => other,
    };
    match record.map(|record| (record.handle(), record.state)) {
        Some((Some(handle), State::Started(identity))) => match folder.presence(&identity)? {
            Presence::Runs => Ok(Some(Claim::Running(handle))),
            Presence::Ended => Err(Failure::AlreadyExists),
            Presence::Hidden(reason) => Err(Failure::Hidden(reason)),
        },
        Some((_, State::Ended(..))) => Err(Failure::AlreadyExists),
        Some(_) | None => Ok(None),
    }
}

fn spawn(
    settings: &Settings,
    folder: &InstanceFolder,
    lock: &mut Option<KeeperLock>,
    instance: &Instance,
    launch: &Launch,
    surroundings: Surroundings,
) -> Result<(Entry, Keeper), Failure> {
    let record = Record::starting(instance);
    folder.write(&record)?;
    // What an instance that is forgotten wrote is not this one's.
    folder.clear_output()?;
    let logs = LogKeeper::open(folder, settings.log_limit)?;
    let output = |stream| folder.output(stream).map(Stdio::from);
    let child = launch.spawn(output(Stream::Out)?, output(Stream::Err)?);
    let child = child.map_err(|error| Failure::spawn(&launch.program, error))?;
    let pid = child.id();
    let control = Arc::new(Control::new(Group::led_by(pid)?));
    // From here on it is killed when this is cut short.
    let process = Process::new(Some(child), Arc::clone(&control));

    // A child stays there until it is reaped, so both find it.
    let gone = || io::Error::other("the process has vanished");
    let identity = Identity::of(pid)?.ok_or_else(gone)?;
    let end = os::EndOf::process(pid)?.ok_or_else(gone)?;
    let record = record.with(State::Started(identity.clone()));
    folder.write(&record)?;

    let lock = lock.take().ok_or_else(gone)?;
    let (ended, ending) = tokio::sync::watch::channel(None);
    let entry = Entry {
        handle: record.handle().ok_or_else(gone)?,
        record: record.clone(),
        control,
        ended: ending,
        surroundings: Some(surroundings),
    };
    let keeper = Keeper {
        folder: folder.clone(),
        lock,
        record,
        identity,
        end,
        process,
        logs,
        ended,
    };
    Ok((entry, keeper))
}

/// The command that `words` are, in these surroundings.
pub(super) fn launch(
    settings: &Settings,
    words: Vec<String>,
    surroundings: &Surroundings,
) -> Result<Launch, Failure> {
    let path: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| {
            env::split_paths(&path)
                .filter(|folder| folder.is_absolute())
                .collect()
        })
        .unwrap_or_default();
    let places = Places {
        working_dir: &surroundings.working_dir,
        programs: &settings.programs,
        path: &path,
    };
    let name = words.first().map_or("", String::as_str);
    let program = lookup(name, &places, look).map_err(Failure::NoProgram)?;
    Ok(Launch {
        program,
        words,
        environment: surroundings.environment.clone(),
        working_dir: surroundings.working_dir.clone(),
    })
}

/// What the program of an instance finds around it.
fn surroundings(instance: &Instance) -> Result<Surroundings, Failure> {
    let working_dir = working_dir(&instance.component)?;
    let mut environment: BTreeMap<OsString, OsString> = instance
        .environment
        .iter()
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    for secret in &instance.component.secrets {
        if secret.kind != SecretKind::Env {
            continue;
        }
        let variable = secret.env.as_deref().unwrap_or(&secret.name);
        match env::var_os(variable) {
            Some(value) => {
                environment.insert(variable.into(), value);
            }
            None if secret.required => {
                return Err(Failure::NoSecret {
                    name: secret.name.clone(),
                    variable: variable.to_owned(),
                });
            }
            None => {}
        }
    }
    let path = OsString::from("PATH");
    if let (false, Some(own)) = (environment.contains_key(&path), env::var_os(&path)) {
        environment.insert(path, own);
    }
    Ok(Surroundings {
        environment,
        working_dir,
    })
}

fn working_dir(component: &ComponentSpec) -> Result<PathBuf, Failure> {
    let here = env::current_dir()?;
    let Some(folder) = &component.working_dir else {
        return Ok(here);
    };
    let folder = here.join(Path::new(folder));
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(Failure::NoFolder(folder))
    }
}
