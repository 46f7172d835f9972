use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::{failure::Failure, instance_folder::InstanceFolder, log};
use crate::{
    ComponentId, RunId,
    executor::{ExecutorError, Handle, LogOptions},
    run::{ComponentLine, ComponentLog, LogSource},
};

/// What the programs of a run wrote, for somebody who does not run it: the run is over, or its process was
/// killed. Reads the files that a [`ProcessExecutor`](super::ProcessExecutor) left in its folder; a line
/// that is yet to come is not waited for.
#[derive(Clone, Debug)]
pub struct KeptLogs {
    folder: PathBuf,
    run: RunId,
}

impl KeptLogs {
    /// The logs of this run of an executor with this folder.
    #[must_use]
    pub const fn new(folder: PathBuf, run: RunId) -> Self {
        Self { folder, run }
    }

    /// The run.
    #[must_use]
    pub const fn run(&self) -> &RunId {
        &self.run
    }

    /// The runs of which an executor with this folder has kept logs, newest first. Blocks on the file
    /// system for a moment.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read; one that is not there has no runs.
    pub fn runs(folder: &Path) -> io::Result<Vec<RunId>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut runs: Vec<(SystemTime, RunId)> = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(run) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // What is taken away meanwhile is not there.
            if let Ok(metadata) = entry.metadata()
                && metadata.is_dir()
            {
                runs.push((metadata.modified()?, run));
            }
        }
        runs.sort();
        Ok(runs.into_iter().rev().map(|(_, run)| run).collect())
    }

    /// Its instances: component, index and generation, each with its folder.
    fn instances(&self) -> io::Result<BTreeMap<(ComponentId, u32, u32), InstanceFolder>> {
        let mut instances = BTreeMap::new();
        for folder in InstanceFolder::of_run(&self.folder, &self.run)? {
            let name = folder.path().file_name().unwrap_or_default();
            if let Some(instance) = name.to_str().and_then(instance) {
                instances.insert(instance, folder);
            }
        }
        Ok(instances)
    }
}

/// What the name of an instance's folder says.
fn instance(name: &str) -> Option<(ComponentId, u32, u32)> {
    let (rest, generation) = name.rsplit_once('.')?;
    let (component, index) = rest.rsplit_once('.')?;
    Some((
        component.parse().ok()?,
        index.parse().ok()?,
        generation.parse().ok()?,
    ))
}

#[async_trait]
impl LogSource for KeptLogs {
    fn components(&self) -> Vec<ComponentId> {
        let mut components: Vec<_> = self
            .instances()
            .unwrap_or_default()
            .into_keys()
            .map(|(component, ..)| component)
            .collect();
        components.dedup();
        components
    }

    async fn log(
        &self,
        component: &ComponentId,
        options: LogOptions,
    ) -> Result<ComponentLog, ExecutorError> {
        let failed = |failure: Failure| failure.of("read the logs of", component);
        let instances = self.instances().map_err(|error| failed(error.into()))?;
        let mut options = options;
        options.follow = false;
        let mut lines = stream::empty().boxed();
        for ((of, index, generation), folder) in instances {
            if of != *component {
                continue;
            }
            let handle = Handle {
                run: self.run.clone(),
                component: of,
                index,
                generation,
                token: Bytes::new(),
            };
            let more = log::stream(folder, &handle, options.clone()).await;
            let more = more.map_err(failed)?;
            let more = more.map(move |line| Ok(ComponentLine::new(index, generation, line?)));
            lines = lines.chain(more).boxed();
        }
        let Some(tail) = options.tail else {
            return Ok(ComponentLog::new(lines));
        };
        // Each generation gave its newest lines; of those the newest are wanted.
        let mut lines: Vec<_> = lines.collect().await;
        let surplus = lines.len().saturating_sub(tail);
        Ok(ComponentLog::new(stream::iter(lines.split_off(surplus))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_an_instance_says_whose_it_is() {
        let of = |name| instance(name).map(|(id, index, of)| format!("{id} {index} {of}"));
        assert_eq!(
            of("ttp-processor.0.12").as_deref(),
            Some("ttp-processor 0 12")
        );
        for other in ["closed", "a.b", "a.1.x", ".0.1", "a.0.1.tmp"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
