use serde::Deserialize;

/// What [`Console`](super::Console) shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ConsoleConfig {
    /// How an event is shown; default: text.
    pub format: ConsoleFormat,
    /// The most events that are shown in a second, 0 for all; default 20.
    pub limit: u32,
    /// Of how many events one is shown; default 1.
    pub sample: u32,
}

/// How an event is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ConsoleFormat {
    /// In short, for people. What is shown may change with every version.
    #[default]
    Text,
    /// Its JSON, one line each.
    Json,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self {
            format: ConsoleFormat::default(),
            limit: 20,
            sample: 1,
        }
    }
}
