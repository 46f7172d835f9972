//! Times of day as text.

use std::time::SystemTime;

use jiff::{Timestamp, tz::TimeZone};

/// RFC 3339 in UTC with milliseconds: `2026-11-24T12:05:40.113Z`.
pub(crate) fn rfc3339(at: SystemTime) -> String {
    timestamp(at).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The time of day, local unless `utc`: `12:05:40`, or `12:05:40Z`.
pub(crate) fn time(at: SystemTime, utc: bool) -> String {
    let at = timestamp(at);
    if utc {
        at.strftime("%H:%M:%SZ").to_string()
    } else {
        at.to_zoned_datetime(TimeZone::system())
            .strftime("%H:%M:%S")
            .to_string()
    }
}

/// The date and the time of day, local unless `utc`: `2026-11-24 12:05:40`, or `…Z`.
pub(crate) fn date(at: SystemTime, utc: bool) -> String {
    let at = timestamp(at);
    if utc {
        at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    } else {
        at.to_zoned_datetime(TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }
}

/// The time of day with milliseconds, local unless `utc`: `12:05:40.113`.
pub(crate) fn precise_time(at: SystemTime, utc: bool) -> String {
    let at = timestamp(at);
    if utc {
        at.strftime("%H:%M:%S.%3fZ").to_string()
    } else {
        at.to_zoned_datetime(TimeZone::system())
            .strftime("%H:%M:%S.%3f")
            .to_string()
    }
}

fn timestamp(at: SystemTime) -> Timestamp {
    Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_shown_as_a_clock_shows_it() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_113);
        assert_eq!(rfc3339(at), "2023-11-14T22:13:20.113Z");
        assert_eq!(time(at, true), "22:13:20Z");
        assert_eq!(precise_time(at, true), "22:13:20.113Z");
        assert_eq!(date(at, true), "2023-11-14 22:13:20Z");
    }
}
