use std::fmt;

use serde::{Deserialize, Serialize};

/// What a component does in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Brings events in; has no inputs.
    Source,
    /// Takes events and emits others.
    Processor,
    /// Takes events and makes them durable; nothing follows it.
    Sink,
    /// Carries no events; runs beside the pipeline, for example a database.
    Service,
}

impl Role {
    /// All roles, in the order in which a spec lists them.
    pub const ALL: [Self; 4] = [Self::Source, Self::Processor, Self::Sink, Self::Service];

    /// The role in one lowercase word, as in `type:`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Processor => "processor",
            Self::Sink => "sink",
            Self::Service => "service",
        }
    }

    /// The key under `spec` that lists the components of this role.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Processor => "processors",
            Self::Sink => "sinks",
            Self::Service => "services",
        }
    }

    /// Whether other components can read events from it.
    #[must_use]
    pub const fn emits(self) -> bool {
        matches!(self, Self::Source | Self::Processor)
    }

    /// Whether it reads events of other components.
    #[must_use]
    pub const fn accepts(self) -> bool {
        matches!(self, Self::Processor | Self::Sink)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
