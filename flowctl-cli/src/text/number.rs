//! Numbers as people read them. Pure.

use std::time::Duration;

/// A count with separators: `31,877`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate: `402/s`, `10.6k/s`, `1.2M/s`.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        r if r < 9.95 && r > 0.0 => format!("{r:.1}/s"),
        r if r < 999.5 => format!("{r:.0}/s"),
        r if r < 9_999.5 => format!("{:.2}k/s", r / 1e3),
        r if r < 999_950.0 => format!("{:.1}k/s", r / 1e3),
        r => format!("{:.1}M/s", r / 1e6),
    }
}

/// A duration: `0.4 s`, `12.3 s`, `2m14s`, `1h02m`.
pub(crate) fn duration(duration: Duration) -> String {
    let tenths = duration.as_millis().saturating_add(50) / 100;
    let seconds = tenths / 10;
    match seconds {
        0..60 => format!("{seconds}.{} s", tenths % 10),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// The first part of a run's id, which is enough to tell it from others: `7c1e09ab`.
pub(crate) fn short(run: &str) -> &str {
    run.get(..8).unwrap_or(run)
}

/// A noun with its number: `1 component`, `4 components`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        let texts = [0, 7, 999, 1_000, 31_877, 1_234_567].map(count);
        assert_eq!(texts, ["0", "7", "999", "1,000", "31,877", "1,234,567"]);
    }

    #[test]
    fn rates_keep_to_a_few_digits() {
        let texts = [0.0, 0.25, 9.96, 402.4, 1_204.0, 10_600.0, 1_240_000.0].map(rate);
        assert_eq!(
            texts,
            [
                "0/s", "0.2/s", "10/s", "402/s", "1.20k/s", "10.6k/s", "1.2M/s"
            ]
        );
    }

    #[test]
    fn durations_have_units() {
        let texts = [40, 3_040, 59_990, 134_000, 3_725_000]
            .map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(texts, ["0.0 s", "3.0 s", "1m00s", "2m14s", "1h02m"]);
    }
}
