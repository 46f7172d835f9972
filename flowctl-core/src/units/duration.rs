use std::{fmt, time::Duration};

use super::{UnitError, decimal};

const EXPECTED: &str = "a time with its unit such as `10s`, `1m30s` or `250ms`";

/// Reads `10s`, `1m30s`, `250ms`, `1.5h`: numbers with units (`d`, `h`, `m`, `s`, `ms`, `us`, `ns`),
/// largest first; `0` alone needs no unit.
///
/// # Errors
///
/// [`UnitError`] when it is no such text, or more than [`u64::MAX`] nanoseconds (584 years).
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0_u64;
    let mut before = u128::MAX;
    while !rest.is_empty() {
        let (number, tail) = decimal::split(rest);
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit = match unit {
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" => 1_000,
            "ns" => 1_u128,
            _ => return Err(UnitError::Form { expected: EXPECTED }),
        };
        if unit >= before {
            return Err(UnitError::Form { expected: EXPECTED });
        }
        let part = decimal::scale(number, unit, EXPECTED, "one nanosecond")?;
        total = total.checked_add(part).ok_or(UnitError::TooLarge)?;
        before = unit;
        rest = tail;
    }
    if before == u128::MAX {
        return Err(UnitError::Form { expected: EXPECTED });
    }
    Ok(Duration::from_nanos(total))
}

/// Displays a duration as [`parse_duration`] reads it, for example `1m30s`.
///
/// A duration of more than [`u64::MAX`] nanoseconds is shown as that.
#[derive(Clone, Copy, Debug)]
pub struct DurationText(pub Duration);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u64); 7] = [
            ("d", 86_400_000_000_000),
            ("h", 3_600_000_000_000),
            ("m", 60_000_000_000),
            ("s", 1_000_000_000),
            ("ms", 1_000_000),
            ("us", 1_000),
            ("ns", 1),
        ];
        let mut rest = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX);
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, size) in UNITS {
            if rest >= size {
                write!(f, "{}{name}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

/// Serde form of a duration: its text. For `#[serde(with = "…")]`.
pub(crate) mod text {
    use std::{borrow::Cow, time::Duration};

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&super::DurationText(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        super::parse_duration(&text).map_err(D::Error::custom)
    }

    /// What the schema says of a duration.
    #[cfg(feature = "yaml")]
    pub(crate) fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "duration-text" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_time_without_a_unit_or_out_of_order_is_refused() {
        for text in ["", "10", "s", "10s1m", "1s1s", "ten s", "1y", "-1s"] {
            assert!(
                matches!(parse_duration(text), Err(UnitError::Form { .. })),
                "{text}"
            );
        }
        assert_eq!(parse_duration("999999d"), Err(UnitError::TooLarge));
    }

    proptest! {
        #[test]
        fn a_displayed_time_is_the_same_time(nanos: u64) {
            let time = Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&DurationText(time).to_string()), Ok(time));
        }

        #[test]
        fn no_text_panics(text in "([0-9.]{0,30}[a-z]{0,2}){0,4}") {
            drop(parse_duration(&text));
        }
    }
}
