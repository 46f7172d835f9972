use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use flowctl_core::{Namespace, PipelineName, store::FileStore};
use flowctl_grpc::{AdminClient, proto::admin::StatusResponse};
use tokio::time::timeout;

use crate::error::CliError;

/// How long a process of this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pipeline that has, or may have, a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

/// A pipeline that runs, and how it was a moment ago.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) client: AdminClient,
    pub(crate) status: StatusResponse,
}

impl Pipeline {
    pub(crate) fn new(namespace: &str, name: &str, folder: PathBuf) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            folder,
        }
    }

    /// The pipeline of this name under `state_dir`.
    pub(crate) fn named(state_dir: &Path, namespace: &Namespace, name: &PipelineName) -> Self {
        let folder = FileStore::folder(state_dir, namespace, name);
        Self::new(namespace.as_str(), name.as_str(), folder)
    }

    /// All that have a folder under `state_dir`.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub(crate) fn all(state_dir: &Path) -> Result<Vec<Self>, CliError> {
        let pipelines = FileStore::pipelines(state_dir);
        let pipelines = pipelines.map_err(|cause| CliError::Unreadable {
            path: state_dir.to_owned(),
            cause,
        })?;
        let named = |(namespace, name)| Self::named(state_dir, &namespace, &name);
        Ok(pipelines.into_iter().map(named).collect())
    }

    /// How it is called on the command line: with its namespace where that is not the default one.
    pub(crate) fn title(&self) -> String {
        if *self.namespace == *Namespace::default().as_str() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }

    /// Asks the process that runs it; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When there is one that does not answer.
    pub(crate) async fn live(&self) -> Result<Option<Live>, CliError> {
        let silent = |reason: String| CliError::NotAnswering {
            pipeline: self.title(),
            reason,
        };
        let too_late = |_| silent(format!("nothing came within {} s", PATIENCE.as_secs()));
        let client = timeout(PATIENCE, AdminClient::in_folder(&self.folder));
        let Ok(client) = client.await.map_err(too_late)? else {
            return Ok(None);
        };
        let status = timeout(PATIENCE, client.status()).await.map_err(too_late)?;
        // A call fails only where the process has ended in this moment.
        Ok(status.ok().map(|status| Live { client, status }))
    }
}
