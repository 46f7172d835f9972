use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, sync::Arc};

use tokio::sync::watch;

use super::{control::Control, record::Record};
use crate::executor::{ExitReport, ExitStatus, Handle};

/// An instance that this process keeps.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) handle: Handle,
    pub(super) record: Record,
    pub(super) control: Arc<Control>,
    pub(super) ended: watch::Receiver<Option<ExitReport>>,
    /// How it was started; `None` if an earlier process did that.
    pub(super) surroundings: Option<Surroundings>,
}

/// What a program finds around it.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) environment: BTreeMap<OsString, OsString>,
    pub(super) working_dir: PathBuf,
}

impl Entry {
    /// The report, once there is one. Cancel safe.
    pub(super) async fn report(&self) -> ExitReport {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(report) => report.clone(),
            Err(_) => None,
        }
        .unwrap_or_else(|| ExitReport::new(ExitStatus::Unknown))
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended.borrow().is_some()
    }
}

/// The environment may hold secrets.
impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings")
            .field("working_dir", &self.working_dir)
            .finish_non_exhaustive()
    }
}
