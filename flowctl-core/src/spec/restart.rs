use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{Backoff, is_default::is_default};
use crate::units::duration;

/// When and how a component that ended is started again.
///
/// In YAML either the policy alone or a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Restart {
    /// When; default: on failure.
    pub policy: RestartPolicy,
    /// The pauses before each start; default from 1 s to 1 min.
    #[serde(skip_serializing_if = "is_restart_backoff")]
    pub backoff: Backoff,
    /// How many restarts are allowed in how much time; default 5 in 5 min.
    #[serde(skip_serializing_if = "is_default")]
    pub budget: Budget,
    /// After this long without failure the pauses and the budget begin anew; default 1 min.
    #[serde(with = "duration::text", skip_serializing_if = "is_reset_after")]
    pub reset_after: Duration,
}

impl Restart {
    /// This policy, with the defaults for the rest.
    #[must_use]
    pub const fn new(policy: RestartPolicy) -> Self {
        Self {
            policy,
            backoff: RESTART_BACKOFF,
            budget: Budget {
                restarts: 5,
                window: Duration::from_secs(300),
            },
            reset_after: RESET_AFTER,
        }
    }
}

impl Default for Restart {
    fn default() -> Self {
        Self::new(RestartPolicy::OnFailure)
    }
}

const RESTART_BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
const RESET_AFTER: Duration = Duration::from_secs(60);

const fn restart_backoff() -> Backoff {
    RESTART_BACKOFF
}

const fn reset_after() -> Duration {
    RESET_AFTER
}

fn is_restart_backoff(backoff: &Backoff) -> bool {
    *backoff == RESTART_BACKOFF
}

fn is_reset_after(time: &Duration) -> bool {
    *time == RESET_AFTER
}

/// When a component that ended is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never.
    Never,
    /// When it failed.
    #[default]
    OnFailure,
    /// Whenever it ended, success included.
    Always,
}

/// How many restarts are allowed in how much time; beyond it the component is in a crash loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Budget {
    /// How many; default 5.
    pub restarts: u32,
    /// In how much time; default 5 min.
    #[serde(with = "duration::text")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub window: Duration,
}

impl Budget {
    /// `restarts` in `window`.
    #[must_use]
    pub const fn new(restarts: u32, window: Duration) -> Self {
        Self { restarts, window }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(5, Duration::from_secs(300))
    }
}

#[derive(Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(rename = "Restart"))]
#[serde(deny_unknown_fields)]
struct LongRestart {
    /// When.
    #[serde(default)]
    policy: RestartPolicy,
    /// The pauses before each start.
    #[serde(default = "restart_backoff")]
    backoff: Backoff,
    /// How many restarts are allowed in how much time.
    #[serde(default)]
    budget: Budget,
    /// After this long without failure the pauses and the budget begin anew.
    #[serde(with = "duration::text", default = "reset_after")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    reset_after: Duration,
}

impl From<LongRestart> for Restart {
    fn from(long: LongRestart) -> Self {
        let LongRestart {
            policy,
            backoff,
            budget,
            reset_after,
        } = long;
        Self {
            policy,
            backoff,
            budget,
            reset_after,
        }
    }
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text_or_map::deserialize::<LongRestart, Self, D>(deserializer, |word| {
            let policy = de::value::StrDeserializer::<D::Error>::new(word);
            RestartPolicy::deserialize(policy).map(Self::new)
        })
    }
}

#[cfg(feature = "yaml")]
super::text_or_map::schema!(Restart, LongRestart, RestartPolicy);
