use serde::{Deserialize, Serialize};

use crate::ByteSize;

/// How much may wait between two components. Both bounds hold; one event larger than `bytes` passes
/// alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Queue {
    /// How many events; default 1,024, at least 1.
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub events: u32,
    /// How many bytes of payload; default 16 MiB, at least 1.
    pub bytes: ByteSize,
}

impl Queue {
    /// A queue with these bounds.
    #[must_use]
    pub const fn new(events: u32, bytes: ByteSize) -> Self {
        Self { events, bytes }
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self::new(1_024, ByteSize::from_mib(16))
    }
}
