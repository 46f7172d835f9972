//! Batches as messages: a large one in parts.

use std::time::SystemTime;

use bytes::Bytes;
use flowctl_core::{Codecs, ComponentError, Event, EventType, Metadata, Path, Payload, Position};

use crate::proto::data;

/// What a part should not exceed; only a single larger event does.
const PART: usize = 1 << 20;

/// The most that one batch may hold, in bytes of payload: a bound on what a writer that never ends a batch
/// can make its reader keep.
const LARGEST_BATCH: usize = 512 << 20;

/// What a message needs beside the payload of its only event, generously.
const AROUND: usize = 64 << 10;

/// The batch as messages, of which none is larger than `max` bytes.
///
/// # Errors
///
/// Where a payload cannot be encoded, and where a single event is too large for a message.
pub(super) fn split(
    source: &str,
    through: &Position,
    events: &[Event],
    codecs: &Codecs,
    max: usize,
) -> Result<Vec<data::Batch>, ComponentError> {
    let mut parts = Vec::with_capacity(1);
    let mut part = Part::new(source, events.len());
    for event in events {
        let payload = codecs
            .encode(event)
            .map_err(|error| ComponentError::stop("an event cannot be encoded").caused_by(error))?;
        let size = payload.len() + 32;
        if size + AROUND > max {
            let (got, most) = (payload.len(), max.saturating_sub(AROUND));
            let message = format!("an event of {got} bytes is larger than the {most} that fit");
            let name = (event.sequence(), event.path().clone());
            return Err(ComponentError::skip(message, vec![name]));
        }
        if !part.batch.events.is_empty() && part.size + size > PART {
            part.batch.more = true;
            parts.push(std::mem::replace(&mut part, Part::new(source, 0)).batch);
        }
        part.add(event, payload);
    }
    part.batch.through = Some(data::Position {
        sequence: through.sequence,
        cursor: through.cursor.clone(),
    });
    parts.push(part.batch);
    Ok(parts)
}

/// A message in the making.
struct Part {
    batch: data::Batch,
    types: Vec<EventType>,
    size: usize,
}

impl Part {
    fn new(source: &str, events: usize) -> Self {
        let batch = data::Batch {
            source: source.to_owned(),
            events: Vec::with_capacity(events),
            ..data::Batch::default()
        };
        Self {
            batch,
            types: Vec::new(),
            size: 0,
        }
    }

    fn add(&mut self, event: &Event, payload: Bytes) {
        let known = self
            .types
            .iter()
            .position(|known| known == event.event_type());
        let index = known.unwrap_or_else(|| {
            self.types.push(event.event_type().clone());
            self.batch
                .event_types
                .push(event.event_type().as_str().to_owned());
            self.types.len() - 1
        });
        let metadata: Vec<data::Entry> = event
            .metadata()
            .iter()
            .map(|(name, value)| data::Entry {
                name: name.to_owned(),
                value: value.to_owned(),
            })
            .collect();
        let labels: usize = metadata
            .iter()
            .map(|entry| entry.name.len() + entry.value.len() + 8)
            .sum();
        self.size += payload.len() + labels + 32;
        self.batch.events.push(data::Event {
            sequence: event.sequence(),
            path: event.path().steps().to_vec(),
            // There are never more types than events, and those are fewer than bytes in a message.
            event_type: u32::try_from(index).unwrap_or(u32::MAX),
            payload,
            timestamp: event.timestamp().map(Into::into),
            metadata,
        });
    }
}

/// Puts batches together again.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    events: Vec<Event>,
    bytes: usize,
    /// Types that were met lately: a stream has few, and each costs an allocation.
    known: Vec<EventType>,
}

/// A batch that has come completely.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) source: String,
    pub(super) through: Position,
    pub(super) events: Vec<Event>,
    /// The bytes of all payloads.
    pub(super) bytes: usize,
}

/// A message that is not what the protocol allows.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartError {
    #[error("an event has type number {0}, and its message names fewer")]
    Type(u32),
    #[error("`{0}` is not an event type")]
    TypeName(String),
    #[error("the timestamp of an event is not one")]
    Timestamp,
    #[error("the metadata of an event is larger than it may be")]
    Metadata,
    #[error("a batch has no position in its last part")]
    Through,
    #[error("a batch has more than {LARGEST_BATCH} bytes")]
    TooLarge,
}

impl Joiner {
    /// Takes the next part; gives the batch when it was the last.
    pub(super) fn add(&mut self, part: data::Batch) -> Result<Option<Joined>, PartError> {
        let types = part
            .event_types
            .into_iter()
            .map(|name| self.event_type(name));
        let types: Vec<EventType> = types.collect::<Result<_, _>>()?;
        self.events.reserve(part.events.len());
        for event in part.events {
            self.bytes += event.payload.len();
            self.events.push(read(event, &types)?);
        }
        if self.bytes > LARGEST_BATCH {
            return Err(PartError::TooLarge);
        }
        if part.more {
            return Ok(None);
        }
        let through = part.through.ok_or(PartError::Through)?;
        Ok(Some(Joined {
            source: part.source,
            through: position(through),
            events: std::mem::take(&mut self.events),
            bytes: std::mem::take(&mut self.bytes),
        }))
    }

    fn event_type(&mut self, name: String) -> Result<EventType, PartError> {
        if let Some(known) = self.known.iter().find(|known| known.as_str() == name) {
            return Ok(known.clone());
        }
        let parsed: EventType = name.parse().map_err(|_| PartError::TypeName(name))?;
        // A stream with very many types gains nothing from this list.
        if self.known.len() < 64 {
            self.known.push(parsed.clone());
        }
        Ok(parsed)
    }
}

fn read(event: data::Event, types: &[EventType]) -> Result<Event, PartError> {
    let event_type = usize::try_from(event.event_type)
        .ok()
        .and_then(|index| types.get(index));
    let event_type = event_type.ok_or(PartError::Type(event.event_type))?.clone();
    let payload = Payload::bytes(event.payload);
    let mut read = Event::new(event_type, event.sequence, payload);
    if !event.path.is_empty() {
        read = read.with_path(Path::from(&event.path[..]));
    }
    if let Some(timestamp) = event.timestamp {
        let timestamp = SystemTime::try_from(timestamp).map_err(|_| PartError::Timestamp)?;
        read = read.at(timestamp);
    }
    if !event.metadata.is_empty() {
        let mut metadata = Metadata::default();
        for data::Entry { name, value } in event.metadata {
            metadata
                .insert(name, value)
                .map_err(|_| PartError::Metadata)?;
        }
        read = read.with_metadata(metadata);
    }
    Ok(read)
}

pub(super) fn position(position: data::Position) -> Position {
    let at = Position::at(position.sequence);
    match position.cursor {
        Some(cursor) => at.with_cursor(cursor),
        None => at,
    }
}
