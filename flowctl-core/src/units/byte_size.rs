use std::{fmt, str::FromStr};

use super::{UnitError, decimal};
use crate::text_value::text_value;

/// A number of bytes.
///
/// Written as Kubernetes does (`128Mi`, `1.5Gi`, `128M` = 128,000,000) or as people do (`64MiB`,
/// `128MB`, `512KiB`, `10B`), or as a bare number of bytes. Displayed in the largest binary unit that
/// gives a whole number, for example `16MiB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

const BINARY: [(&str, u64); 6] = [
    ("EiB", 1 << 60),
    ("PiB", 1 << 50),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

impl ByteSize {
    /// This many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// This many KiB (1,024 bytes), at most [`u64::MAX`] bytes.
    #[must_use]
    pub const fn from_kib(kib: u64) -> Self {
        Self(kib.saturating_mul(1 << 10))
    }

    /// This many MiB (1,048,576 bytes), at most [`u64::MAX`] bytes.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        const EXPECTED: &str = "a number of bytes such as `64MiB`, `256Mi`, `128M` or `1048576`";
        let (number, unit) = decimal::split(text);
        let unit = match unit.trim_start() {
            "" | "B" => 1,
            "k" | "K" | "kB" | "KB" => 1_000,
            "M" | "MB" => 1_000_000,
            "G" | "GB" => 1_000_000_000,
            "T" | "TB" => 1_000_000_000_000,
            "P" | "PB" => 1_000_000_000_000_000,
            "E" | "EB" => 1_000_000_000_000_000_000,
            "Ki" | "KiB" => 1_u128 << 10,
            "Mi" | "MiB" => 1 << 20,
            "Gi" | "GiB" => 1 << 30,
            "Ti" | "TiB" => 1 << 40,
            "Pi" | "PiB" => 1 << 50,
            "Ei" | "EiB" => 1 << 60,
            _ => return Err(UnitError::Form { expected: EXPECTED }),
        };
        decimal::scale(number, unit, EXPECTED, "one byte").map(Self)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, size) in BINARY {
            if self.0 != 0 && self.0.is_multiple_of(size) {
                return f.pad(&format!("{}{name}", self.0 / size));
            }
        }
        f.pad(&format!("{}B", self.0))
    }
}

text_value!(
    ByteSize,
    "byte-size",
    "A number of bytes, for example `64MiB`, `256Mi` or `1048576`."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read_in_every_unit_people_write() {
        for (text, bytes) in [
            ("64MiB", 64 << 20),
            ("256Mi", 256 << 20),
            ("128M", 128_000_000),
            ("1.5Gi", 3 << 29),
            ("10", 10),
            ("10 B", 10),
            ("0", 0),
        ] {
            assert_eq!(text.parse::<ByteSize>().unwrap().bytes(), bytes, "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_reason() {
        assert!(matches!(
            "".parse::<ByteSize>(),
            Err(UnitError::Form { .. })
        ));
        assert!(matches!(
            "12X".parse::<ByteSize>(),
            Err(UnitError::Form { .. })
        ));
        assert!(matches!(
            "-1".parse::<ByteSize>(),
            Err(UnitError::Form { .. })
        ));
        assert!(matches!(
            "0.3B".parse::<ByteSize>(),
            Err(UnitError::TooFine { .. })
        ));
        assert!(matches!(
            "999Ei".parse::<ByteSize>(),
            Err(UnitError::TooLarge)
        ));
    }

    proptest! {
        #[test]
        fn a_displayed_size_is_the_same_size(bytes: u64) {
            let size = ByteSize::from_bytes(bytes);
            prop_assert_eq!(size.to_string().parse::<ByteSize>(), Ok(size));
        }

        #[test]
        fn no_text_panics(text in "[0-9.]{0,40}[A-Za-z ]{0,4}") {
            drop(text.parse::<ByteSize>());
        }
    }
}
