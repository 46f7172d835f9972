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
    /// OS processes. Upstream's `local` means the same.
    #[serde(alias = "local")]
    Process,
    /// Containers. Upstream's `container` means the same.
    #[serde(alias = "container")]
    Docker,
}
