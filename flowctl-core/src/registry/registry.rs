use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::de::DeserializeOwned;

use super::{ComponentKind, RegistryError};
use crate::{
    EventType,
    component::{ComponentContext, ComponentError, Processor, Sink, Source},
    connector::Wire,
    event::{Codecs, EventValue},
    spec::{Config, ConfigError, Role},
};

/// The components that a pipeline can `use`, the codecs of their events, and other names for event
/// types. A value: build one, hand it to a runner, clone it cheaply.
///
/// # Examples
///
/// ```
/// use flowctl_core::{ComponentKind, Registry, adapt};
///
/// let mut registry = Registry::new();
/// registry.sink(ComponentKind::sink("ignore", "takes events and forgets them"), |(): (), _context| {
///     Ok(adapt::sink(|_event| Ok(())))
/// })?;
/// assert!(registry.kind("ignore").is_some());
/// # Ok::<(), flowctl_core::RegistryError>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, Entry>,
    aliases: BTreeMap<EventType, EventType>,
    wires: BTreeMap<EventType, Wire>,
    codecs: Codecs,
}

#[derive(Clone)]
struct Entry {
    kind: ComponentKind,
    check: Check,
    factory: Factory,
}

type Check = Arc<dyn Fn(&Config) -> Result<(), ConfigError> + Send + Sync>;
type Make<T> =
    Arc<dyn Fn(&Config, ComponentContext) -> Result<Box<T>, ComponentError> + Send + Sync>;

/// How instances are made; one arm a role.
#[derive(Clone)]
pub(crate) enum Factory {
    Source(Make<dyn Source>),
    Processor(Make<dyn Processor>),
    Sink(Make<dyn Sink>),
}

impl Registry {
    /// A registry with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a source.
    ///
    /// `C` is what its `config` is read as; a `C` that refuses unknown fields makes misspelt keys
    /// errors of validation. The factory makes one instance and does no I/O.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] when the name is taken or the kind is not a source.
    pub fn source<C: DeserializeOwned + 'static>(
        &mut self,
        kind: ComponentKind,
        factory: impl Fn(C, ComponentContext) -> Result<Box<dyn Source>, ComponentError>
        + Send
        + Sync
        + 'static,
    ) -> Result<&mut Self, RegistryError> {
        self.add::<C>(kind, Role::Source, Factory::Source(configured(factory)))
    }

    /// Registers a processor; as [`source`](Registry::source).
    ///
    /// # Errors
    ///
    /// [`RegistryError`] when the name is taken or the kind is not a processor.
    pub fn processor<C: DeserializeOwned + 'static>(
        &mut self,
        kind: ComponentKind,
        factory: impl Fn(C, ComponentContext) -> Result<Box<dyn Processor>, ComponentError>
        + Send
        + Sync
        + 'static,
    ) -> Result<&mut Self, RegistryError> {
        self.add::<C>(
            kind,
            Role::Processor,
            Factory::Processor(configured(factory)),
        )
    }

    /// Registers a sink; as [`source`](Registry::source).
    ///
    /// # Errors
    ///
    /// [`RegistryError`] when the name is taken or the kind is not a sink.
    pub fn sink<C: DeserializeOwned + 'static>(
        &mut self,
        kind: ComponentKind,
        factory: impl Fn(C, ComponentContext) -> Result<Box<dyn Sink>, ComponentError>
        + Send
        + Sync
        + 'static,
    ) -> Result<&mut Self, RegistryError> {
        self.add::<C>(kind, Role::Sink, Factory::Sink(configured(factory)))
    }

    /// Registers a Rust type as the payload of its event type.
    ///
    /// # Errors
    ///
    /// [`RegistryError::EventType`] when [`EventValue::EVENT_TYPE`] is not a valid event type.
    pub fn event<T: EventValue>(&mut self) -> Result<&mut Self, RegistryError> {
        let event_type = T::EVENT_TYPE
            .parse()
            .map_err(|_| RegistryError::EventType {
                name: T::EVENT_TYPE.to_owned(),
            })?;
        self.codecs.insert::<T>(event_type);
        Ok(self)
    }

    /// Makes `alias` another name for the event type `canonical`.
    pub fn alias(&mut self, alias: EventType, canonical: EventType) -> &mut Self {
        self.aliases.insert(alias, canonical);
        self
    }

    /// Says how events of this type travel between served components. A later call for the same type
    /// replaces an earlier one.
    pub fn wire(&mut self, event_type: EventType, wire: Wire) -> &mut Self {
        self.wires.insert(event_type, wire);
        self
    }

    /// How events of this type, or of the type that it is an alias of, travel between served
    /// components.
    #[must_use]
    pub fn wire_of(&self, event_type: &EventType) -> Option<&Wire> {
        self.wires
            .get(event_type)
            .or_else(|| self.wires.get(self.aliases.get(event_type)?))
    }

    /// What is known of the component with this name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&ComponentKind> {
        self.entries.get(name).map(|entry| &entry.kind)
    }

    /// All components, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &ComponentKind> {
        self.entries.values().map(|entry| &entry.kind)
    }

    /// The name of an event type that is not an alias.
    #[must_use]
    pub fn canonical(&self, event_type: &EventType) -> EventType {
        self.aliases.get(event_type).unwrap_or(event_type).clone()
    }

    /// The codecs of all registered events.
    #[must_use]
    pub fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    /// Reads `config` as the component would, and makes nothing. `Ok` for an unknown name.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration, with the path of the value in it.
    pub fn check(&self, name: &str, config: &Config) -> Result<(), ConfigError> {
        self.entries
            .get(name)
            .map_or(Ok(()), |entry| (entry.check)(config))
    }

    pub(crate) fn factory(&self, name: &str) -> Option<&Factory> {
        self.entries.get(name).map(|entry| &entry.factory)
    }

    fn add<C: DeserializeOwned + 'static>(
        &mut self,
        kind: ComponentKind,
        role: Role,
        factory: Factory,
    ) -> Result<&mut Self, RegistryError> {
        let name = kind.name.clone();
        if kind.role != role {
            let (described, registered) = (kind.role.as_str(), role.as_str());
            return Err(RegistryError::OtherRole {
                name,
                described,
                registered,
            });
        }
        if self.entries.contains_key(&name) {
            return Err(RegistryError::Taken { name });
        }
        let check: Check = Arc::new(|config| config.parse::<C>().map(drop));
        self.entries.insert(
            name,
            Entry {
                kind,
                check,
                factory,
            },
        );
        Ok(self)
    }
}

fn configured<C: DeserializeOwned + 'static, T: ?Sized>(
    factory: impl Fn(C, ComponentContext) -> Result<Box<T>, ComponentError> + Send + Sync + 'static,
) -> Make<T> {
    Arc::new(move |config, context| {
        let config = config.parse().map_err(|error| {
            ComponentError::stop("the configuration is not valid").caused_by(error)
        })?;
        factory(config, context)
    })
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("components", &self.entries.keys().collect::<Vec<_>>())
            .field("events", &self.codecs)
            .finish()
    }
}
