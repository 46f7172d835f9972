use super::Registry;
use crate::{
    EventType,
    spec::{Catalog, CatalogEntry, Config, ConfigError},
};

/// What validation and graphs ask of a registry.
impl Catalog for Registry {
    fn entry(&self, name: &str) -> Option<CatalogEntry<'_>> {
        let kind = self.kind(name)?;
        Some(CatalogEntry::new(kind.role, &kind.emits, &kind.accepts).stateless(kind.stateless))
    }

    fn names(&self) -> Vec<&str> {
        self.kinds().map(|kind| kind.name.as_str()).collect()
    }

    fn check(&self, name: &str, config: &Config) -> Result<(), ConfigError> {
        Self::check(self, name, config)
    }

    fn canonical(&self, event_type: &EventType) -> EventType {
        Self::canonical(self, event_type)
    }
}
