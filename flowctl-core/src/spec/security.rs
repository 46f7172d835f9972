use serde::{Deserialize, Serialize};

use super::is_default::is_default;

/// What a container may do beyond the safe default, which is: no root user, no new privileges, no
/// capability, a root folder that cannot be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Security {
    /// The user (and group) that it runs as, `1000` or `1000:1000`; default: the image's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What it may do in spite of the default, each named.
    #[serde(skip_serializing_if = "is_default")]
    pub allow: Vec<Permission>,
    /// Linux capabilities that it keeps, for example `NET_BIND_SERVICE`.
    #[serde(skip_serializing_if = "is_default")]
    pub capabilities: Vec<String>,
}

/// Something that containers may not do unless the spec says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Permission {
    /// Run as root.
    Root,
    /// Write to its root folder.
    WritableRoot,
    /// Gain privileges by setuid programs.
    NewPrivileges,
}
