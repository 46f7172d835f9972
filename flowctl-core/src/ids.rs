//! The names of things: parsed once, cheap to clone, safe to use as DNS names, folders and labels.

use std::{fmt, str::FromStr, sync::Arc};

use crate::text_value::text_value;

/// The longest name, in bytes: a DNS label (RFC 1035, section 2.3.4), because a component's id is
/// its host name in a container network.
pub const MAX_NAME_LEN: usize = 63;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`MAX_NAME_LEN`].
    #[error("it has {length} characters, at most {MAX_NAME_LEN} are allowed")]
    TooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// It holds a character that host names cannot hold.
    #[error("it holds `{character}`; only lowercase letters, digits and `-` are allowed")]
    Character {
        /// The first such character.
        character: char,
    },
    /// It begins or ends with `-`.
    #[error("it begins or ends with `-`")]
    Dash,
}

fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
    if let Some(character) = text.chars().find(|c| !allowed(c)) {
        return Err(NameError::Character { character });
    }
    if text.len() > MAX_NAME_LEN {
        return Err(NameError::TooLong { length: text.len() });
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Err(NameError::Dash);
    }
    Ok(())
}

/// The nearest valid name to `text`, if there is one: lowercase, with `-` for what is not allowed.
#[cfg(feature = "yaml")]
pub(crate) fn nearest_name(text: &str) -> Option<String> {
    let mapped: String = text
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .take(MAX_NAME_LEN)
        .collect();
    let trimmed = mapped.trim_matches('-');
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $format:literal, $description:literal) => {
        $(#[$doc])*
        ///
        /// At most 63 lowercase ASCII letters, digits and `-`, neither first nor last `-`, so that
        /// it is a DNS label. `_` is not allowed for the same reason.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        text_value!($type, $format, $description);
    };
}

name! {
    /// The name of a pipeline, unique in its namespace.
    PipelineName, "pipeline-name",
    "The pipeline's name: at most 63 lowercase letters, digits and `-`."
}

name! {
    /// The namespace of a pipeline: `default` unless the spec says otherwise.
    Namespace, "namespace",
    "A namespace: at most 63 lowercase letters, digits and `-`."
}

name! {
    /// The id of a component, unique in its pipeline; its host name in a container network.
    ComponentId, "component-id",
    "A component's id: at most 63 lowercase letters, digits and `-`."
}

name! {
    /// The id of one execution of a pipeline.
    RunId, "run-id",
    "A run's id: at most 63 lowercase letters, digits and `-`."
}

impl ComponentId {
    /// What a component is called before it has an id; never in a finished spec.
    pub(crate) fn unnamed() -> Self {
        Self("unnamed".into())
    }
}

impl PipelineName {
    /// What a pipeline is called before it has a name; never in a finished spec.
    pub(crate) fn unnamed() -> Self {
        Self("unnamed".into())
    }

    /// The name that a component outside of any pipeline sees.
    pub(crate) fn detached() -> Self {
        Self("detached".into())
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("default".into())
    }
}

impl RunId {
    /// The id made of 128 random bits, written as UUIDs are (8-4-4-4-12 hexadecimal digits).
    ///
    /// The caller brings the randomness; equal bits give equal ids.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        let hex = format!("{bits:032x}");
        let (a, rest) = hex.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        Self(format!("{a}-{b}-{c}-{d}-{e}").into())
    }

    /// The run that a component outside of any run sees.
    pub(crate) fn detached() -> Self {
        Self("detached".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_dns_label() {
        for good in ["a", "a-b", "0", "ttp-processor", &"x".repeat(63)] {
            assert_eq!(good.parse::<ComponentId>().unwrap(), good);
        }
        assert_eq!("".parse::<ComponentId>(), Err(NameError::Empty));
        assert_eq!(
            "a_b".parse::<ComponentId>(),
            Err(NameError::Character { character: '_' })
        );
        assert_eq!("-a".parse::<ComponentId>(), Err(NameError::Dash));
        assert_eq!(
            "x".repeat(64).parse::<ComponentId>(),
            Err(NameError::TooLong { length: 64 })
        );
    }

    #[cfg(feature = "yaml")]
    #[test]
    fn a_wrong_name_has_a_near_right_one() {
        assert_eq!(nearest_name("My_Source.1-").as_deref(), Some("my-source-1"));
        assert_eq!(nearest_name("___"), None);
    }

    #[test]
    fn a_run_id_looks_like_a_uuid() {
        let id = RunId::from_bits(0x7c1e_09ab_0000_4000_8000_0000_0000_0001);
        assert_eq!(id, "7c1e09ab-0000-4000-8000-000000000001");
        assert_eq!(id.as_str().parse::<RunId>().unwrap(), id);
    }
}
