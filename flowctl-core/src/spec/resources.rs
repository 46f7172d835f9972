use serde::{Deserialize, Serialize};

use super::is_default::is_default;
use crate::{ByteSize, CpuMillis};

/// What a component is promised and what it may not exceed, as in Kubernetes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Resources {
    /// What it is promised.
    #[serde(skip_serializing_if = "is_default")]
    pub requests: Amounts,
    /// What it may not exceed.
    #[serde(skip_serializing_if = "is_default")]
    pub limits: Amounts,
}

/// Amounts of each resource; what is absent is not bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Amounts {
    /// Processor time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuMillis>,
    /// Memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub pids: Option<u32>,
}
