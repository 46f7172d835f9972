//! A ledger's close time as text: RFC 3339 in UTC, whole seconds.

use std::borrow::Cow;

use jiff::civil::DateTime;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// How many bytes [`write()`] writes for years up to 9999.
const LENGTH: usize = "1970-01-01T00:00:00Z".len();

/// Appends the time `seconds` after the Unix epoch. Beyond the year 9999 it appends the last second of
/// that year: no later time can be written, and no ledger that was read has one.
pub(super) fn write(seconds: u64, to: &mut Vec<u8>) {
    let days = (seconds / 86_400).min(2_932_896);
    let (year, month, day) = date(days);
    let second = if days == seconds / 86_400 {
        seconds % 86_400
    } else {
        86_399
    };
    to.reserve(LENGTH);
    digits(year / 100, to);
    digits(year % 100, to);
    to.push(b'-');
    digits(month, to);
    to.push(b'-');
    digits(day, to);
    to.push(b'T');
    digits(second / 3_600, to);
    to.push(b':');
    digits(second / 60 % 60, to);
    to.push(b':');
    digits(second % 60, to);
    to.push(b'Z');
}

fn digits(number: u64, to: &mut Vec<u8>) {
    for digit in [number / 10, number % 10] {
        to.push(b'0' + u8::try_from(digit % 10).unwrap_or(0));
    }
}

/// Year, month and day of a day since the Unix epoch.
///
/// # Source
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`. Years here start
/// in March, so that the leap day is the last day of its year.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

pub(super) fn serialize<S: Serializer>(seconds: &u64, to: S) -> Result<S::Ok, S::Error> {
    let mut text = Vec::new();
    write(*seconds, &mut text);
    to.serialize_str(&String::from_utf8_lossy(&text))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = Cow::<str>::deserialize(from)?;
    let utc = text
        .strip_suffix('Z')
        .ok_or_else(|| D::Error::custom("a time that is not in UTC"))?;
    // Not a `Timestamp`: those end a day before the year 9999 does.
    let time: DateTime = utc.parse().map_err(D::Error::custom)?;
    let since_epoch = time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    u64::try_from(since_epoch.as_secs()).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn written(seconds: u64) -> String {
        let mut text = Vec::new();
        write(seconds, &mut text);
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn a_time_is_written_as_another_library_writes_it(seconds in 0..=253_402_207_200_u64) {
            let expected = Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
            prop_assert_eq!(written(seconds), expected.to_string());
        }
    }

    #[test]
    fn the_last_time_is_the_end_of_the_year_9999() {
        assert_eq!(written(253_402_300_799), "9999-12-31T23:59:59Z");
        assert_eq!(written(u64::MAX), "9999-12-31T23:59:59Z");
    }
}
