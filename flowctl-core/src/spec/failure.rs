use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::is_default::is_default;
use crate::{ComponentId, units::duration};

/// What happens when a component's call fails on a batch.
///
/// The error itself says whether to retry, skip or stop; this says how often and what then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct FailurePolicy {
    /// How errors that may pass are tried again.
    #[serde(skip_serializing_if = "is_default")]
    pub retry: Retry,
    /// What happens when retrying has not helped, or cannot; default: stop.
    #[serde(skip_serializing_if = "is_default")]
    pub then: Final,
    /// The sink that takes dead letters; needed when something says `dead_letter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<ComponentId>,
}

/// How often and with what pauses a call is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Retry {
    /// How many times after the first; default 5; 0: never.
    pub attempts: u32,
    /// The pauses between; default from 100 ms to 30 s.
    pub backoff: Backoff,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            backoff: Backoff::default(),
        }
    }
}

impl Retry {
    /// This many more attempts, with these pauses between.
    #[must_use]
    pub const fn new(attempts: u32, backoff: Backoff) -> Self {
        Self { attempts, backoff }
    }
}

/// Pauses that double from `base` to `cap`, each a random share of that (full jitter).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Backoff {
    /// The longest first pause; default 100 ms.
    #[serde(with = "duration::text")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub base: Duration,
    /// The longest pause of all; default 30 s.
    #[serde(with = "duration::text")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub cap: Duration,
}

impl Backoff {
    /// Pauses from `base` up to `cap`.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(30))
    }
}

/// What happens to events that a component cannot take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Final {
    /// The component fails; nothing after these events is acknowledged.
    #[default]
    Stop,
    /// They are left out and counted.
    Skip,
    /// They go to the dead-letter sink, which must take them first.
    DeadLetter,
}
