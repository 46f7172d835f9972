use std::{fmt, time::Duration};

use flowctl_core::units::{DurationText, parse_duration};

use crate::program::variables::Value;

/// A time as Go programs read it (`10s`, `1m30s`, `500ms`, `1.5h`), or as Node programs do: a bare
/// number is milliseconds. Not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval(pub(crate) Duration);

impl Value for Interval {
    fn read(text: &str) -> Result<Self, String> {
        let expected = || "expected a time such as `10s`, `1m30s` or `500ms`".to_owned();
        let time = match text.parse::<u64>() {
            Ok(milliseconds) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Duration::from_millis(milliseconds)
            }
            // Go writes microseconds with either sign for micro.
            _ => parse_duration(&text.replace(['µ', 'μ'], "u")).map_err(|_| expected())?,
        };
        if time.is_zero() {
            return Err("expected a time above 0, such as `10s`".to_owned());
        }
        Ok(Self(time))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DurationText(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_go_and_of_node_are_read() {
        for (text, milliseconds) in [
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("10000ms", 10_000),
            ("10000", 10_000),
            ("1.5h", 5_400_000),
            ("2000µs", 2),
        ] {
            let Interval(time) = Interval::read(text).unwrap();
            assert_eq!(time, Duration::from_millis(milliseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "0",
            "0s",
            "-5s",
            "ten",
            "10 s",
            "5x",
            "",
            "99999999999999999999",
        ] {
            assert!(Interval::read(text).is_err(), "{text}");
        }
    }
}
