use serde::{Deserialize, Serialize};

use crate::{
    BoxError, ComponentId, EventType,
    event::{Codecs, Event, EventValue, Payload},
};

/// A record that a component could not take, with the reason and its position.
///
/// The payload of events of type `flowctl.dead-letter`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The component that gave it up, or whose edge had no room for it.
    pub component: String,
    /// Why.
    pub reason: String,
    /// The source that it comes from.
    pub source: String,
    /// The sequence that the source gave it.
    pub sequence: u64,
    /// Which result of that source event it is: the index at each fan-out step.
    pub path: Vec<u32>,
    /// Its event type.
    pub event_type: String,
    /// Its payload in binary form, in lower-case hexadecimal; absent when it has none.
    pub payload_hex: Option<String>,
}

impl DeadLetter {
    pub(crate) const EVENT_TYPE: &'static str = "flowctl.dead-letter";

    pub(crate) fn event_type() -> EventType {
        EventType::own(Self::EVENT_TYPE)
    }

    /// The event that carries `event` to the dead letters.
    pub(crate) fn wrap(
        event: &Event,
        source: &ComponentId,
        component: &ComponentId,
        reason: &str,
        codecs: &Codecs,
        event_type: &EventType,
    ) -> Event {
        let payload = codecs.encode(event).ok();
        let letter = Self {
            component: component.to_string(),
            reason: reason.to_owned(),
            source: source.to_string(),
            sequence: event.sequence(),
            path: event.path().steps().to_vec(),
            event_type: event.event_type().to_string(),
            payload_hex: payload.map(|bytes| hex(&bytes)),
        };
        let size = event.size() * 2 + reason.len() + 128;
        // Rejected as a whole or not at all: one letter an event, so the index is always 0.
        event.derive(0, event_type.clone(), Payload::value(letter, size))
    }
}

impl EventValue for DeadLetter {
    const EVENT_TYPE: &'static str = Self::EVENT_TYPE;

    fn encode(&self, out: &mut Vec<u8>) {
        self.write_json(out);
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        // Strings, numbers and lists of numbers: there is nothing in it that JSON cannot hold.
        let _ = serde_json::to_writer(out, self);
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
