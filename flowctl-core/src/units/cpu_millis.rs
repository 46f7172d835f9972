use std::{fmt, str::FromStr};

use super::{UnitError, decimal};
use crate::text_value::text_value;

/// A share of processor time, in thousandths of one core.
///
/// Written as Kubernetes does: `0.5` (half a core) or `250m` (a quarter). Displayed as `250m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuMillis(u64);

impl CpuMillis {
    /// This many thousandths of a core.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The number of thousandths of a core.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }
}

impl FromStr for CpuMillis {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        const EXPECTED: &str = "a number of cores such as `0.5` or `250m`";
        let (number, unit) = decimal::split(text);
        let unit = match unit {
            "" => 1_000,
            "m" => 1,
            _ => return Err(UnitError::Form { expected: EXPECTED }),
        };
        decimal::scale(number, unit, EXPECTED, "a thousandth of a core (`1m`)").map(Self)
    }
}

impl fmt::Display for CpuMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}m", self.0))
    }
}

text_value!(
    CpuMillis,
    "cpu",
    "A number of cores, for example `0.5` or `250m`."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cores_and_thousandths_are_read() {
        assert_eq!("0.5".parse(), Ok(CpuMillis(500)));
        assert_eq!("250m".parse(), Ok(CpuMillis(250)));
        assert_eq!("2".parse(), Ok(CpuMillis(2_000)));
        assert!(matches!(
            "0.0005".parse::<CpuMillis>(),
            Err(UnitError::TooFine { .. })
        ));
        assert!(matches!(
            "half".parse::<CpuMillis>(),
            Err(UnitError::Form { .. })
        ));
    }

    proptest! {
        #[test]
        fn a_displayed_share_is_the_same_share(millis: u64) {
            let share = CpuMillis::from_millis(millis);
            prop_assert_eq!(share.to_string().parse::<CpuMillis>(), Ok(share));
        }
    }
}
