//! The two forms of a value: a text for the common case, a map for the rest.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// Reads a `T` from a text through `short`, or from a map through its long form `L`.
pub(super) fn deserialize<'de, L, T, D>(
    deserializer: D,
    short: fn(&str) -> Result<T, D::Error>,
) -> Result<T, D::Error>
where
    L: Deserialize<'de> + Into<T>,
    D: Deserializer<'de>,
{
    struct TextOrMap<L, T, E>(fn(&str) -> Result<T, E>, PhantomData<L>);

    impl<'de, L: Deserialize<'de> + Into<T>, T, E: Error> Visitor<'de> for TextOrMap<L, T, E> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a map")
        }

        fn visit_str<F: Error>(self, text: &str) -> Result<T, F> {
            (self.0)(text).map_err(F::custom)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            L::deserialize(MapAccessDeserializer::new(map)).map(Into::into)
        }
    }

    deserializer.deserialize_any(TextOrMap(short, PhantomData::<L>))
}

/// The schema of a type that has both forms.
#[cfg(feature = "yaml")]
macro_rules! schema {
    ($type:ty, $long:ty, $short:ty) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let short = generator.subschema_for::<$short>();
                let long = generator.subschema_for::<$long>();
                schemars::json_schema!({ "anyOf": [short, long] })
            }
        }
    };
}

#[cfg(feature = "yaml")]
pub(super) use schema;
