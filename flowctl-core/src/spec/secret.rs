use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_default::{always, is_default, is_true};

/// Something that a component may see and nobody else. Only where it is, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Where this machine has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_path: Option<String>,
    /// Where the component finds it; default `/run/secrets/NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_path: Option<String>,
    /// For `type: env`: the variable of flowctl's own environment that holds it, under the same name in
    /// the component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The file mode in the component, in octal; default `0400`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// What it is; default: a file.
    #[serde(rename = "type", default, skip_serializing_if = "is_default")]
    pub kind: SecretKind,
    /// Whether a start without it is refused; default yes.
    #[serde(default = "always", skip_serializing_if = "is_true")]
    pub required: bool,
    /// Labels for the people who manage it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub labels: BTreeMap<String, String>,
}

impl Secret {
    /// A required file with this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            host_path: None,
            container_path: None,
            env: None,
            mode: None,
            kind: SecretKind::File,
            required: true,
            labels: BTreeMap::new(),
        }
    }
}

/// What a secret is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SecretKind {
    /// One file.
    #[default]
    File,
    /// A folder of files.
    Dir,
    /// A variable of the environment.
    Env,
}
