use super::{Config, ConfigError, Role};
use crate::EventType;

/// What is known about native components beyond the spec: a registry is one.
///
/// The defaults know nothing, and nothing is then checked against it.
pub trait Catalog {
    /// What the component with this name is; `None`: there is no such component.
    fn entry(&self, name: &str) -> Option<CatalogEntry<'_>>;

    /// The names of all components; empty: they are not known, and no `use` is refused.
    fn names(&self) -> Vec<&str>;

    /// Reads `config` as the component would.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when it does not fit.
    fn check(&self, name: &str, config: &Config) -> Result<(), ConfigError>;

    /// The name of an event type that is not an alias.
    fn canonical(&self, event_type: &EventType) -> EventType;
}

/// What is known about one native component.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CatalogEntry<'a> {
    /// What it does.
    pub role: Role,
    /// The event types that it emits; empty: any.
    pub emits: &'a [EventType],
    /// The event types that it takes; empty: all.
    pub accepts: &'a [EventType],
    /// Whether several instances may work on one stream.
    pub stateless: bool,
}

impl<'a> CatalogEntry<'a> {
    /// An entry of a stateful component with these event types.
    #[must_use]
    pub const fn new(role: Role, emits: &'a [EventType], accepts: &'a [EventType]) -> Self {
        Self {
            role,
            emits,
            accepts,
            stateless: false,
        }
    }

    /// Whether several instances may work on one stream.
    #[must_use]
    pub const fn stateless(mut self, stateless: bool) -> Self {
        self.stateless = stateless;
        self
    }
}

/// The catalog that knows nothing: every `use` is taken at its word.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCatalog;

impl Catalog for NoCatalog {
    fn entry(&self, _: &str) -> Option<CatalogEntry<'_>> {
        None
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn check(&self, _: &str, _: &Config) -> Result<(), ConfigError> {
        Ok(())
    }

    fn canonical(&self, event_type: &EventType) -> EventType {
        event_type.clone()
    }
}
