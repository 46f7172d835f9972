use std::path::PathBuf;

use super::instance_folder::InstanceFolder;
use crate::executor::{Handle, Instance};

/// What an executor is set to.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Where its records and the output of its instances lie.
    pub(super) folder: PathBuf,
    /// Folders that are looked through for programs before `PATH`.
    pub(super) programs: Vec<PathBuf>,
    /// Whether a component with an image and a command is started by its command.
    pub(super) images_as_programs: bool,
    /// How much of each output is kept, in bytes.
    pub(super) log_limit: u64,
}

/// What two rotated files of 32 MiB would hold.
const LOG_LIMIT: u64 = 64 << 20;

impl Settings {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            programs: Vec::new(),
            images_as_programs: false,
            log_limit: LOG_LIMIT,
        }
    }

    pub(super) fn folder_of(&self, handle: &Handle) -> InstanceFolder {
        InstanceFolder::new(
            &self.folder,
            &handle.run,
            &handle.component,
            handle.index,
            handle.generation,
        )
    }

    pub(super) fn folder_for(&self, instance: &Instance) -> InstanceFolder {
        InstanceFolder::new(
            &self.folder,
            &instance.run.id,
            &instance.component.id,
            instance.index,
            instance.generation,
        )
    }
}
