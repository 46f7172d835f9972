//! For how long what instances wrote is kept once they are forgotten.

use std::{fs, io, path::Path, time::SystemTime};

use super::instance_folder::{InstanceFolder, create};
use crate::{RunId, executor::Handle};

/// Of how many earlier generations of an instance, within its run.
const GENERATIONS: usize = 3;

/// Of how many closed runs.
const RUNS: usize = 10;

/// The file that says that a run is closed.
const CLOSED: &str = "closed";

/// Takes away what forgotten generations before the newest few of this instance wrote.
pub(super) fn leave_newest_generations(folder: &Path, of: &Handle) -> io::Result<()> {
    let prefix = format!("{}.{}.", of.component, of.index);
    let mut forgotten: Vec<(u32, InstanceFolder)> = Vec::new();
    for other in InstanceFolder::of_run(folder, &of.run)? {
        let name = other
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let generation = name
            .strip_prefix(&prefix)
            .and_then(|rest| rest.parse().ok());
        if let Some(generation) = generation
            && generation <= of.generation
            && other.read()?.is_none()
        {
            forgotten.push((generation, other));
        }
    }
    forgotten.sort_by_key(|(generation, _)| std::cmp::Reverse(*generation));
    for (_, old) in forgotten.into_iter().skip(GENERATIONS) {
        old.remove()?;
    }
    Ok(())
}

/// Marks a run as closed, and takes away what the oldest closed runs wrote.
pub(super) fn close(folder: &Path, run: &RunId) -> io::Result<()> {
    let own = folder.join(run.as_str());
    if !own.is_dir() {
        return Ok(());
    }
    create(&own.join(CLOSED), false)?;
    let mut closed: Vec<(SystemTime, std::path::PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Another process may take the same run away meanwhile.
        if let Ok(mark) = fs::metadata(path.join(CLOSED)) {
            closed.push((mark.modified()?, path));
        }
    }
    closed.sort();
    let old = closed.len().saturating_sub(RUNS);
    for (_, run) in closed.into_iter().take(old) {
        match fs::remove_dir_all(&run) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The run goes on: it is not closed any more.
pub(super) fn reopen(folder: &Path, run: &RunId) -> io::Result<()> {
    match fs::remove_file(folder.join(run.as_str()).join(CLOSED)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
