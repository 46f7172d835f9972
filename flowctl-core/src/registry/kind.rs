use crate::{EventType, spec::Role};

/// What a registry tells about a component before any instance of it exists.
///
/// Plans, validation and `flowctl components` read this; the runner decides by it how many
/// instances may work at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentKind {
    /// The name under which specs find it (`use: NAME`).
    pub name: String,
    /// Whether it is a source, a processor or a sink.
    pub role: Role,
    /// One line on what it does.
    pub summary: String,
    /// The event types it emits; empty: it does not say, so any.
    pub emits: Vec<EventType>,
    /// The event types it takes; empty: any.
    pub accepts: Vec<EventType>,
    /// Its configuration keys.
    pub config: Vec<ConfigKey>,
    /// Whether several instances may work on one stream at once (clause P3 of `Processor`).
    pub stateless: bool,
    /// Whether the same batch gives the same output again (clause P2 of `Processor`).
    pub deterministic: bool,
}

impl ComponentKind {
    /// A source that says nothing about its event types.
    #[must_use]
    pub fn source(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::of(Role::Source, name.into(), summary.into())
    }

    /// A processor that is deterministic, keeps state, and says nothing about its event types.
    #[must_use]
    pub fn processor(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::of(Role::Processor, name.into(), summary.into())
    }

    /// A sink that takes any event type.
    #[must_use]
    pub fn sink(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::of(Role::Sink, name.into(), summary.into())
    }

    const fn of(role: Role, name: String, summary: String) -> Self {
        Self {
            name,
            role,
            summary,
            emits: Vec::new(),
            accepts: Vec::new(),
            config: Vec::new(),
            stateless: false,
            deterministic: true,
        }
    }

    /// It emits events of this type (too).
    #[must_use]
    pub fn emits(mut self, event_type: EventType) -> Self {
        self.emits.push(event_type);
        self
    }

    /// It takes events of this type (too), and none that is not named.
    #[must_use]
    pub fn accepts(mut self, event_type: EventType) -> Self {
        self.accepts.push(event_type);
        self
    }

    /// It has this configuration key.
    #[must_use]
    pub fn key(mut self, key: ConfigKey) -> Self {
        self.config.push(key);
        self
    }

    /// Several instances of it may work on one stream at once.
    #[must_use]
    pub const fn stateless(mut self) -> Self {
        self.stateless = true;
        self
    }

    /// The same batch may give another output the next time.
    #[must_use]
    pub const fn non_deterministic(mut self) -> Self {
        self.deterministic = false;
        self
    }
}

/// One configuration key of a component, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigKey {
    /// The key under `config`.
    pub name: String,
    /// What is written there, for example `a whole number`, `a path`, `error | allow`.
    pub value: String,
    /// What holds when the key is absent; `None`: the key must be there.
    pub default: Option<String>,
    /// One line on what it does.
    pub summary: String,
}

impl ConfigKey {
    /// A key that must be there.
    #[must_use]
    pub fn required(
        name: impl Into<String>,
        value: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            default: None,
            summary: summary.into(),
        }
    }

    /// A key that may be left out; `default` says what holds then.
    #[must_use]
    pub fn optional(
        name: impl Into<String>,
        value: impl Into<String>,
        default: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            default: Some(default.into()),
            ..Self::required(name, value, summary)
        }
    }
}
