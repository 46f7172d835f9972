use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};

use crate::ComponentId;

/// A component that must have come so far before another one starts.
///
/// In YAML either the id alone (it must be ready), or a map with `id` and `condition`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependency {
    /// The component that is waited for.
    pub id: ComponentId,
    /// How far it must have come; default: ready.
    pub condition: Condition,
}

impl Dependency {
    /// Wait until `id` is ready.
    #[must_use]
    pub const fn new(id: ComponentId) -> Self {
        Self {
            id,
            condition: Condition::Ready,
        }
    }

    /// Wait for this condition instead.
    #[must_use]
    pub fn condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }
}

/// How far a component must have come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Condition {
    /// It has been started.
    Started,
    /// Its readiness probes pass.
    #[default]
    Ready,
    /// It has registered with the control plane.
    Registered,
    /// It has ended with success.
    Completed,
    /// It has written a line that holds this text.
    Log(String),
}

#[derive(Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(rename = "Dependency"))]
#[serde(deny_unknown_fields)]
struct LongDependency {
    /// The id of the component that is waited for.
    id: ComponentId,
    /// How far it must have come.
    #[serde(default)]
    condition: Condition,
}

impl From<LongDependency> for Dependency {
    fn from(LongDependency { id, condition }: LongDependency) -> Self {
        Self { id, condition }
    }
}

impl Serialize for Dependency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.condition == Condition::Ready {
            return self.id.serialize(serializer);
        }
        let mut map = serializer.serialize_struct("Dependency", 2)?;
        map.serialize_field("id", &self.id)?;
        map.serialize_field("condition", &self.condition)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Dependency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text_or_map::deserialize::<LongDependency, Self, D>(deserializer, |id| {
            id.parse().map(Self::new).map_err(de::Error::custom)
        })
    }
}

#[cfg(feature = "yaml")]
super::text_or_map::schema!(Dependency, LongDependency, ComponentId);
