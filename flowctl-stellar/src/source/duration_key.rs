use std::{borrow::Cow, time::Duration};

use flowctl_core::units::parse_duration;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads the value of a key that is a time, such as `5s`.
pub(super) fn duration_key<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    parse_duration(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
}
