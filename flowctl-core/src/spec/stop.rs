use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units::duration;

/// How a component is asked to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Stop {
    /// The signal that asks; default `SIGTERM`. Of no meaning to a native component.
    pub signal: String,
    /// The time between asking and forcing; default 10 s.
    #[serde(with = "duration::text")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub grace: Duration,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            signal: "SIGTERM".to_owned(),
            grace: Duration::from_secs(10),
        }
    }
}
