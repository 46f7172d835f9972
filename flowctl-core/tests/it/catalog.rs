//! Four native components that the tests of specs know.

use flowctl_core::{
    EventType,
    spec::{Catalog, CatalogEntry, Config, ConfigError, Role},
};
use serde::Deserialize;

/// `counter` (a source), `upper` (a processor that keeps state), `console` and `jsonl` (sinks).
#[derive(Debug)]
pub(crate) struct Four;

const NAMES: [(&str, Role); 4] = [
    ("counter", Role::Source),
    ("upper", Role::Processor),
    ("console", Role::Sink),
    ("jsonl", Role::Sink),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Console {
    #[serde(default, rename = "color")]
    _color: bool,
}

impl Catalog for Four {
    fn entry(&self, name: &str) -> Option<CatalogEntry<'_>> {
        let (_, role) = NAMES.iter().find(|(known, _)| *known == name)?;
        Some(CatalogEntry::new(*role, &[], &[]))
    }

    fn names(&self) -> Vec<&str> {
        NAMES.iter().map(|(name, _)| *name).collect()
    }

    fn check(&self, name: &str, config: &Config) -> Result<(), ConfigError> {
        match name {
            "console" => config.parse::<Console>().map(drop),
            _ => Ok(()),
        }
    }

    fn canonical(&self, event_type: &EventType) -> EventType {
        event_type.clone()
    }
}
