use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};

use super::Queue;
use crate::{ByteSize, ComponentId, EventType};

/// One edge of the graph, written at the component that reads.
///
/// In YAML either the id alone, or a map with `from` and what differs from the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Input {
    /// The component whose events are read.
    pub from: ComponentId,
    /// Only events of these types; empty (the default): all that both ends know.
    pub types: Vec<EventType>,
    /// What carries the edge; default: whatever is cheapest for its two ends.
    pub via: Via,
    /// What happens when the reader is slower; default: the writer waits.
    pub on_full: OnFull,
    /// What happens to this edge when one of its ends restarts; default: reconnect.
    pub on_restart: OnRestart,
    /// How much may wait on this edge; default: the reader's own [`Queue`].
    pub queue: Option<Queue>,
}

impl Input {
    /// All events of `from`, with the defaults.
    #[must_use]
    pub const fn new(from: ComponentId) -> Self {
        Self {
            from,
            types: Vec::new(),
            via: Via::Auto,
            on_full: OnFull::Block,
            on_restart: OnRestart::Reconnect,
            queue: None,
        }
    }

    /// Only events of these types.
    #[must_use]
    pub fn types(mut self, types: impl IntoIterator<Item = EventType>) -> Self {
        self.types = types.into_iter().collect();
        self
    }

    /// What carries the edge.
    #[must_use]
    pub const fn via(mut self, via: Via) -> Self {
        self.via = via;
        self
    }

    /// What happens when the reader is slower than the writer.
    #[must_use]
    pub const fn on_full(mut self, on_full: OnFull) -> Self {
        self.on_full = on_full;
        self
    }

    /// What happens to the edge when one of its ends restarts.
    #[must_use]
    pub const fn on_restart(mut self, on_restart: OnRestart) -> Self {
        self.on_restart = on_restart;
        self
    }

    /// How much may wait on this edge.
    #[must_use]
    pub const fn queue(mut self, queue: Queue) -> Self {
        self.queue = Some(queue);
        self
    }

    fn is_plain(&self) -> bool {
        self.types.is_empty()
            && self.via == Via::Auto
            && self.on_full == OnFull::Block
            && self.on_restart == OnRestart::Reconnect
            && self.queue.is_none()
    }
}

/// What carries the events of an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The cheapest that both ends can.
    #[default]
    Auto,
    /// A queue in this process; both ends must be in it.
    Linked,
    /// The two ends stream to each other; both must be processes or containers.
    Direct,
    /// flowctl carries the events between a served end and another.
    Proxied,
}

impl Via {
    /// The word for it, as the spec writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Linked => "linked",
            Self::Direct => "direct",
            Self::Proxied => "proxied",
        }
    }
}

/// What happens when a reader of several falls behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum OnFull {
    /// The writer waits, and with it every other reader.
    #[default]
    Block,
    /// The reader may lag up to a bound; what comes then is dropped or dead-lettered, counted.
    #[serde(rename_all = "snake_case")]
    Lag {
        /// How many events it may lag; at least 1.
        #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
        events: u32,
        /// How many bytes it may lag; default 64 MiB.
        #[serde(default = "lag_bytes")]
        bytes: ByteSize,
        /// What happens to the excess; default: it is dropped and counted.
        #[serde(default)]
        then: Excess,
    },
}

const fn lag_bytes() -> ByteSize {
    ByteSize::from_mib(64)
}

/// What happens to events that a lagging reader has no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Excess {
    /// They are dropped and counted.
    #[default]
    Drop,
    /// They go to the reader's `on_error.dead_letter`.
    DeadLetter,
}

/// What happens to an edge when one of its ends restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnRestart {
    /// Nothing: the other end finds its way back itself.
    Keep,
    /// The stream is opened again at the last acknowledged position.
    #[default]
    Reconnect,
    /// The other end restarts too.
    Restart,
    /// The other end drains and waits until this one is ready again.
    Drain,
}

/// The long form of an input.
#[derive(Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(rename = "Input"))]
#[serde(deny_unknown_fields)]
struct LongInput {
    /// The id of the component whose events are read.
    from: ComponentId,
    /// Only events of these types; empty: all that both ends know.
    #[serde(default)]
    types: Vec<EventType>,
    /// What carries the edge.
    #[serde(default)]
    via: Via,
    /// What happens when the reader is slower.
    #[serde(default)]
    on_full: OnFull,
    /// What happens to this edge when one of its ends restarts.
    #[serde(default)]
    on_restart: OnRestart,
    /// How much may wait on this edge.
    #[serde(default)]
    queue: Option<Queue>,
}

impl From<LongInput> for Input {
    fn from(long: LongInput) -> Self {
        let LongInput {
            from,
            types,
            via,
            on_full,
            on_restart,
            queue,
        } = long;
        Self {
            from,
            types,
            via,
            on_full,
            on_restart,
            queue,
        }
    }
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain() {
            return self.from.serialize(serializer);
        }
        let mut map = serializer.serialize_struct("Input", 6)?;
        map.serialize_field("from", &self.from)?;
        map.serialize_field("types", &self.types)?;
        map.serialize_field("via", &self.via)?;
        map.serialize_field("on_full", &self.on_full)?;
        map.serialize_field("on_restart", &self.on_restart)?;
        if let Some(queue) = &self.queue {
            map.serialize_field("queue", queue)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text_or_map::deserialize::<LongInput, Self, D>(deserializer, |id| {
            id.parse().map(Self::new).map_err(de::Error::custom)
        })
    }
}

#[cfg(feature = "yaml")]
super::text_or_map::schema!(Input, LongInput, ComponentId);
