use std::{any::Any, collections::BTreeMap, fmt, marker::PhantomData, sync::Arc};

use bytes::Bytes;

use super::{Event, Payload};
use crate::{BoxError, EventType};

/// A Rust type that travels as the payload of one event type.
///
/// Registered with [`Registry::event`](crate::Registry::event), it can cross any edge: as itself
/// within the process, encoded elsewhere, and as JSON where a person or a text sink reads it.
///
/// Laws: `decode(encode(v))` equals `v`; `encode` gives the same bytes for equal values.
pub trait EventValue: Any + Send + Sync + Sized {
    /// The event type whose payload this is, for example `token.transfer`.
    const EVENT_TYPE: &'static str;

    /// Appends the binary form.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the binary form.
    ///
    /// # Errors
    ///
    /// When the bytes are not the encoding of a value. Must not panic on any input.
    fn decode(bytes: &[u8]) -> Result<Self, BoxError>;

    /// Appends one JSON object, without a line break.
    fn write_json(&self, out: &mut Vec<u8>);
}

/// A payload could not be read or written in the wanted form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Nothing is registered under the event type.
    #[error("no codec is registered for events of type `{event_type}`")]
    Unknown {
        /// The event type that was met.
        event_type: EventType,
    },
    /// The payload holds a value of another Rust type than the one registered.
    #[error("the payload of a `{event_type}` event is not of the registered type")]
    WrongType {
        /// The event type that was met.
        event_type: EventType,
    },
    /// The bytes are not a value of the registered type.
    #[error("the payload of a `{event_type}` event does not decode")]
    Malformed {
        /// The event type that was met.
        event_type: EventType,
        /// What the type says about them.
        source: BoxError,
    },
}

impl CodecError {
    fn wrong_type(event: &Event) -> Self {
        Self::WrongType {
            event_type: event.event_type().clone(),
        }
    }

    fn malformed(event: &Event, source: BoxError) -> Self {
        Self::Malformed {
            event_type: event.event_type().clone(),
            source,
        }
    }
}

/// How payloads are written and read, by event type. A value; cheap to clone.
#[derive(Clone, Default)]
pub struct Codecs(Arc<BTreeMap<EventType, Arc<dyn Codec>>>);

trait Codec: Send + Sync {
    fn encode(&self, value: &(dyn Any + Send + Sync)) -> Option<Bytes>;
    fn json_of_value(&self, value: &Payload, out: &mut Vec<u8>) -> Option<()>;
    fn json_of_bytes(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), BoxError>;
}

struct Typed<T>(PhantomData<fn() -> T>);

impl<T: EventValue> Codec for Typed<T> {
    fn encode(&self, value: &(dyn Any + Send + Sync)) -> Option<Bytes> {
        let mut out = Vec::new();
        value.downcast_ref::<T>()?.encode(&mut out);
        Some(out.into())
    }

    fn json_of_value(&self, value: &Payload, out: &mut Vec<u8>) -> Option<()> {
        value.get::<T>()?.write_json(out);
        Some(())
    }

    fn json_of_bytes(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), BoxError> {
        T::decode(bytes)?.write_json(out);
        Ok(())
    }
}

impl Codecs {
    pub(crate) fn insert<T: EventValue>(&mut self, event_type: EventType) {
        Arc::make_mut(&mut self.0).insert(event_type, Arc::new(Typed::<T>(PhantomData)));
    }

    fn of(&self, event: &Event) -> Result<&Arc<dyn Codec>, CodecError> {
        self.0
            .get(event.event_type())
            .ok_or_else(|| CodecError::Unknown {
                event_type: event.event_type().clone(),
            })
    }

    /// The encoded payload of an event. Encodes once; later calls share the bytes.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unknown`] or [`CodecError::WrongType`] where a typed payload has no fitting
    /// codec. A payload that is bytes already needs none.
    pub fn encode(&self, event: &Event) -> Result<Bytes, CodecError> {
        if let Some(bytes) = event.payload().as_bytes() {
            return Ok(bytes.clone());
        }
        let codec = self.of(event)?;
        event.payload().encode_with(|value| {
            codec
                .encode(value)
                .ok_or_else(|| CodecError::wrong_type(event))
        })
    }

    /// Reads the payload of an event as a `T`: borrowed where it already is one, else decoded.
    ///
    /// # Errors
    ///
    /// [`CodecError::Malformed`] where the bytes are not a `T`, [`CodecError::WrongType`] where the
    /// payload is a value of another type.
    pub fn read<'e, T: EventValue>(&self, event: &'e Event) -> Result<ValueRef<'e, T>, CodecError> {
        if let Some(value) = event.payload().get::<T>() {
            return Ok(ValueRef::Shared(value));
        }
        match T::decode(encoded(event)?) {
            Ok(value) => Ok(ValueRef::Decoded(value)),
            Err(source) => Err(CodecError::malformed(event, source)),
        }
    }

    /// Appends the payload of an event as one JSON object, without a line break.
    ///
    /// # Errors
    ///
    /// As [`Codecs::encode`] and [`Codecs::read`]; what was appended before the error stays.
    pub fn write_json(&self, event: &Event, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let codec = self.of(event)?;
        if codec.json_of_value(event.payload(), out).is_some() {
            return Ok(());
        }
        codec
            .json_of_bytes(encoded(event)?, out)
            .map_err(|source| CodecError::malformed(event, source))
    }
}

fn encoded(event: &Event) -> Result<&Bytes, CodecError> {
    let bytes = event.payload().as_bytes();
    bytes.ok_or_else(|| CodecError::wrong_type(event))
}

impl fmt::Debug for Codecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A typed payload: shared with the event, or decoded for this reader. Dereferences to the value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ValueRef<'e, T> {
    /// The event holds this very value.
    Shared(&'e T),
    /// The value was decoded from the event's bytes.
    Decoded(T),
}

impl<T> std::ops::Deref for ValueRef<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Shared(value) => value,
            Self::Decoded(value) => value,
        }
    }
}
