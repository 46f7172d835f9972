use serde::{Deserialize, Serialize};

/// How a component runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload<'a> {
    /// A Rust object in this process, found in the registry under this name (`use`).
    Native(&'a str),
    /// An OS process on this machine, started with these words (`command`).
    Process(&'a [String]),
    /// A container of this image (`image`); its `command`, if any, replaces the image's own.
    Image(&'a str),
}

/// When an image is pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ImagePolicy {
    /// When it is not there.
    #[default]
    Missing,
    /// Before each start.
    Always,
    /// Never: it must be there.
    Never,
}
