use serde::{Deserialize, Serialize};

/// Which executor runs the components that could run on more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// Each component by its own workload; the same as saying nothing.
    Dag,
    /// Everything in this process.
    Native,
    /// OS processes. In YAML `local` means the same, for the sake of the Go flowctl.
    Process,
    /// Containers. In YAML `container` means the same, for the sake of the Go flowctl.
    Docker,
}
