use std::fmt;

/// A sum of 128-bit numbers that cannot overflow: 192 bits in two's complement.
///
/// Amounts of contracts go up to 2¹²⁷, so a sum of two does not fit 128 bits. Overflowing this one
/// takes 2⁶³ of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    high: i64,
    low: u128,
}

impl Sum {
    pub(super) const fn add(&mut self, amount: i128) {
        let (low, carry) = self.low.overflowing_add(amount.cast_unsigned());
        let sign = if amount < 0 { -1 } else { 0 };
        self.low = low;
        self.high = self.high.wrapping_add(sign + carry as i64);
    }

    pub(super) const fn subtract(&mut self, amount: i128) {
        // The negative of the smallest number does not fit; minus it is plus one more than its complement.
        self.add(!amount);
        self.add(1);
    }

    pub(super) const fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = self.low.cast_signed();
        match (self.high, low >= 0) {
            (0, true) | (-1, false) => write!(f, "{low}"),
            (high, _) => write!(f, "{high}·2¹²⁸ + {}", self.low),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_added_and_subtracted_in_any_order_is_gone(
            amounts in prop::collection::vec(any::<i128>(), 0..20),
        ) {
            let mut sum = Sum::default();
            amounts.iter().for_each(|amount| sum.add(*amount));
            amounts.iter().rev().for_each(|amount| sum.subtract(*amount));
            prop_assert!(sum.is_zero());
        }

        #[test]
        fn a_sum_that_fits_is_shown_as_the_number(first: i64, second: i64) {
            let mut sum = Sum::default();
            sum.add(first.into());
            sum.subtract(second.into());
            prop_assert_eq!(sum.to_string(), (i128::from(first) - i128::from(second)).to_string());
        }
    }

    #[test]
    fn sums_beyond_128_bits_stay_exact() {
        let mut sum = Sum::default();
        sum.add(i128::MAX);
        sum.add(i128::MAX);
        assert_eq!(
            sum.to_string(),
            "0·2¹²⁸ + 340282366920938463463374607431768211454"
        );
        sum.subtract(i128::MAX);
        sum.subtract(i128::MAX);
        assert!(sum.is_zero());
        sum.subtract(i128::MIN);
        assert_eq!(
            sum.to_string(),
            "0·2¹²⁸ + 170141183460469231731687303715884105728"
        );
    }
}
