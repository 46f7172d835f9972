//! What kind of record an event is.

use std::{fmt, str::FromStr, sync::Arc};

use crate::text_value::text_value;

/// The longest event type, in bytes.
pub const MAX_EVENT_TYPE_LEN: usize = 255;

/// The name of a kind of event, for example `token.transfer`; often a protobuf message's full name.
///
/// 1 to 255 ASCII letters, digits, `.`, `_`, `-` and `/`. Compared byte for byte; other names of the
/// same type are aliases in a registry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType(Arc<str>);

impl EventType {
    /// A type of the library's own.
    pub(crate) fn own(name: &'static str) -> Self {
        Self(name.into())
    }

    /// The type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an event type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventTypeError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`MAX_EVENT_TYPE_LEN`].
    #[error("it has {length} characters, at most {MAX_EVENT_TYPE_LEN} are allowed")]
    TooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// It holds another character.
    #[error("it holds `{character}`; only letters, digits, `.`, `_`, `-` and `/` are allowed")]
    Character {
        /// The first such character.
        character: char,
    },
}

impl FromStr for EventType {
    type Err = EventTypeError;

    fn from_str(text: &str) -> Result<Self, EventTypeError> {
        if text.is_empty() {
            return Err(EventTypeError::Empty);
        }
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        if let Some(character) = text.chars().find(|c| !allowed(c)) {
            return Err(EventTypeError::Character { character });
        }
        if text.len() > MAX_EVENT_TYPE_LEN {
            return Err(EventTypeError::TooLong { length: text.len() });
        }
        Ok(Self(text.into()))
    }
}

impl AsRef<str> for EventType {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for EventType {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

text_value!(
    EventType,
    "event-type",
    "The name of a kind of event, for example `token.transfer`."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protobuf_names_and_dotted_names_are_event_types() {
        for good in [
            "token.transfer",
            "event_service.TokenTransferEvent",
            "a/b-c.v1",
        ] {
            assert_eq!(good.parse::<EventType>().unwrap().as_str(), good);
        }
        assert_eq!(
            "a b".parse::<EventType>(),
            Err(EventTypeError::Character { character: ' ' })
        );
        assert_eq!("".parse::<EventType>(), Err(EventTypeError::Empty));
    }
}
