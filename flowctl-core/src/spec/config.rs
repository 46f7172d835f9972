use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::BoxError;

/// The configuration of a component: a tree that only the component understands.
///
/// Made from anything that serialises ([`Config::new`]) or from YAML; read by [`Config::parse`].
///
/// An empty map is the same as nothing.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Config(Value);

impl Config {
    /// The configuration that `value` serialises to.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when `value` has no such form: a map with keys that are not text, for example.
    pub fn new<T: Serialize>(value: T) -> Result<Self, ConfigError> {
        serde_json::to_value(value)
            .map(Self::of)
            .map_err(|error| ConfigError::new("", error.to_string()).caused_by(error))
    }

    fn of(value: Value) -> Self {
        match value {
            Value::Object(map) if map.is_empty() => Self::default(),
            value => Self(value),
        }
    }

    /// Reads the configuration as a `T`. Nothing at all is read as an empty map where `T` needs one.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] says which value does not fit and why.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let read = T::deserialize(&self.0);
        let read = match read {
            Err(_) if self.is_empty() => T::deserialize(Value::Object(serde_json::Map::new())),
            read => read,
        };
        read.map_err(|error| self.blame::<T>(error))
    }

    /// The configuration inside `key`, if there is one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        self.0.get(key).cloned().map(Self::of)
    }

    /// The value, if it is a text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_str()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Value::Null => true,
            Value::Object(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Finds the value that makes reading fail: the one whose absence changes the error.
    fn blame<T: DeserializeOwned>(&self, error: serde_json::Error) -> ConfigError {
        let message = error.to_string();
        let path = self.0.as_object().and_then(|map| {
            map.keys().find(|key| {
                let mut rest = map.clone();
                rest.remove(key.as_str());
                match T::deserialize(Value::Object(rest)) {
                    Ok(_) => true,
                    Err(other) => other.to_string() != message,
                }
            })
        });
        ConfigError::new(path.cloned().unwrap_or_default(), message).caused_by(error)
    }
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Displays the configuration as JSON on one line.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(feature = "yaml")]
impl schemars::JsonSchema for Config {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "config".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "What only the component itself understands." })
    }
}

/// Why a configuration does not fit its component.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The key of the value that does not fit; empty: the configuration as a whole.
    pub path: String,
    message: String,
    source: Option<BoxError>,
}

impl ConfigError {
    /// An error about the value at `path`, for what types alone cannot check.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            source: None,
        }
    }

    /// What is wrong with the value, without its path.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    // serde's text is the message itself; a source would print it twice.
    fn caused_by(self, _error: serde_json::Error) -> Self {
        self
    }
}
