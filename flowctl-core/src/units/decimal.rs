use super::UnitError;

/// `digits[.digits]` times `unit`, exactly, or why not.
pub(super) fn scale(
    number: &str,
    unit: u128,
    expected: &'static str,
    smallest: &'static str,
) -> Result<u64, UnitError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(UnitError::Form { expected });
    }
    let fraction = fraction.trim_end_matches('0');
    // Twenty digits are more than any unit here can use; the limit keeps the power below 2^128.
    if fraction.len() > 18 {
        return Err(UnitError::TooFine { smallest });
    }
    let whole: u64 = whole.parse().map_err(|_| UnitError::TooLarge)?;
    let mut power = 1_u128;
    let mut part = 0_u128;
    for digit in fraction.bytes() {
        power *= 10;
        part = part * 10 + u128::from(digit - b'0');
    }
    let part = part.checked_mul(unit).ok_or(UnitError::TooLarge)?;
    if part % power != 0 {
        return Err(UnitError::TooFine { smallest });
    }
    let whole = u128::from(whole)
        .checked_mul(unit)
        .ok_or(UnitError::TooLarge)?;
    u64::try_from(whole + part / power).map_err(|_| UnitError::TooLarge)
}

/// Splits `64MiB` in `64` and `MiB`.
pub(super) fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    text.split_at(end)
}
