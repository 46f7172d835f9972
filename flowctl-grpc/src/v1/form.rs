use std::{fmt, time::SystemTime};

use flowctl_core::{Codecs, ComponentError, Event, EventType, Metadata, Payload};

use crate::proto::v1;

/// What payloads look like in `flowctl.v1`: components of one domain agree on names and encodings that
/// this library does not know.
pub trait Form: fmt::Debug + Send + Sync + 'static {
    /// The event as it travels. Its id, cursor and component are set by the caller.
    ///
    /// # Errors
    ///
    /// When the payload has no such form.
    fn write(&self, event: &Event, codecs: &Codecs) -> Result<v1::Event, ComponentError>;

    /// The type and the payload of an event that came.
    ///
    /// # Errors
    ///
    /// When it is not what it should be.
    fn read(&self, event: &v1::Event) -> Result<(EventType, Payload), ComponentError>;
}

/// Types and payloads as they are.
#[derive(Clone, Debug)]
pub struct PlainForm {
    content_type: String,
}

impl Default for PlainForm {
    /// Says `application/octet-stream` of payloads.
    fn default() -> Self {
        Self::new("application/octet-stream")
    }
}

impl PlainForm {
    /// Says this of payloads.
    pub fn new(content_type: impl Into<String>) -> Self {
        Self {
            content_type: content_type.into(),
        }
    }
}

impl Form for PlainForm {
    fn write(&self, event: &Event, codecs: &Codecs) -> Result<v1::Event, ComponentError> {
        let payload = codecs
            .encode(event)
            .map_err(|error| ComponentError::stop("an event cannot be encoded").caused_by(error))?;
        let metadata = event.metadata().iter();
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(v1::Event {
            r#type: event.event_type().to_string(),
            payload,
            metadata: metadata.collect(),
            timestamp: event.timestamp().map(Into::into),
            content_type: self.content_type.clone(),
            ..v1::Event::default()
        })
    }

    fn read(&self, event: &v1::Event) -> Result<(EventType, Payload), ComponentError> {
        let event_type = event.r#type.parse().map_err(|error| {
            ComponentError::stop(format!("`{}` is not an event type", event.r#type))
                .caused_by(error)
        })?;
        Ok((event_type, Payload::bytes(event.payload.clone())))
    }
}

/// What of an event is the same in every form.
pub(super) fn dress(event: Event, from: &v1::Event) -> Result<Event, ComponentError> {
    let mut metadata = Metadata::default();
    for (name, value) in &from.metadata {
        metadata.insert(name, value).map_err(|error| {
            ComponentError::stop("an event has too much metadata").caused_by(error)
        })?;
    }
    let event = event.with_metadata(metadata);
    let Some(timestamp) = from.timestamp else {
        return Ok(event);
    };
    let at = SystemTime::try_from(timestamp).map_err(|error| {
        ComponentError::stop("the timestamp of an event is not one").caused_by(error)
    })?;
    Ok(event.at(at))
}

/// Writes events of one component: each with its id, its cursor and who made it.
#[derive(Debug)]
pub(super) struct Pen<'f> {
    pub(super) form: &'f dyn Form,
    pub(super) codecs: &'f Codecs,
    pub(super) component: &'f str,
    /// The last record, and how many events of it were written.
    last: (u64, u32),
}

impl<'f> Pen<'f> {
    pub(super) const fn new(form: &'f dyn Form, codecs: &'f Codecs, component: &'f str) -> Self {
        Self {
            form,
            codecs,
            component,
            last: (0, 0),
        }
    }

    pub(super) fn write(&mut self, event: &Event) -> Result<v1::Event, ComponentError> {
        let sequence = event.sequence();
        if self.last.0 != sequence {
            self.last = (sequence, 0);
        }
        let mut written = self.form.write(event, self.codecs)?;
        written.id = format!("{}-{sequence}", self.component);
        let mut index = 0;
        if !event.path().steps().is_empty() {
            self.last.1 += 1;
            index = self.last.1;
            written.id = format!("{}-{}", written.id, event.path());
        }
        written.source_component_id = self.component.to_owned();
        written.cursor = Some(v1::Cursor { sequence, index });
        Ok(written)
    }
}
