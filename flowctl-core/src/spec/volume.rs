use serde::{Deserialize, Serialize};

use super::is_default::is_default;
use crate::ByteSize;

/// A folder of a component that lives outside it.
///
/// With `host_path` a folder of this machine; with `tmpfs` memory; else a named volume, which
/// outlives the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Volume {
    /// The name of a named volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the component sees it. The same as `container_path`, which see.
    #[serde(rename = "mountPath", skip_serializing_if = "Option::is_none")]
    pub mount_path: Option<String>,
    /// The folder of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<String>,
    /// Where the component sees it; one of this and `mountPath` is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_path: Option<String>,
    /// Whether the component cannot write to it; default no.
    #[serde(skip_serializing_if = "is_default")]
    pub readonly: bool,
    /// Whether it is memory that is gone when the component ends; default no.
    #[serde(skip_serializing_if = "is_default")]
    pub tmpfs: bool,
    /// How much a `tmpfs` may hold; default: what the engine says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ByteSize>,
}

impl Volume {
    /// Where the component sees it.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.container_path
            .as_deref()
            .or(self.mount_path.as_deref())
    }
}
