//! What a scalar without quotes means: the core schema of YAML 1.2 (section 10.3.2).

use serde_json::{Number, Value};

use super::node::Scalar;

impl Scalar {
    pub(super) fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" | "True" | "TRUE" if self.plain => Some(true),
            "false" | "False" | "FALSE" if self.plain => Some(false),
            _ => None,
        }
    }

    /// The whole number, as far as 64 bits go.
    pub(super) fn integer(&self) -> Option<i128> {
        let text = self.text.as_str();
        if !self.plain || text.len() > 66 {
            return None;
        }
        let digits = |text: &str, radix| {
            let sign = text.starts_with(['+', '-']);
            (!sign)
                .then(|| i128::from_str_radix(text, radix).ok())
                .flatten()
        };
        if let Some(octal) = text.strip_prefix("0o") {
            return digits(octal, 8);
        }
        if let Some(hex) = text.strip_prefix("0x") {
            return digits(hex, 16);
        }
        match text.strip_prefix('-') {
            Some(rest) => digits(rest, 10).map(|number| -number),
            None => digits(text.strip_prefix('+').unwrap_or(text), 10),
        }
    }

    fn is_float(&self) -> bool {
        let text = self.text.strip_prefix(['+', '-']).unwrap_or(&self.text);
        let (number, exponent) = text
            .split_once(['e', 'E'])
            .map_or((text, None), |(n, e)| (n, Some(e)));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let exponent_fits = exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        });
        self.plain
            && digits(whole)
            && digits(fraction)
            && !(whole.is_empty() && fraction.is_empty())
            && exponent_fits
    }

    /// The value that it stands for where anything may stand, or why there is none.
    pub(super) fn value(&self) -> Result<Value, &'static str> {
        if self.is_null() {
            return Ok(Value::Null);
        }
        if let Some(boolean) = self.boolean() {
            return Ok(Value::Bool(boolean));
        }
        if let Some(integer) = self.integer() {
            return i64::try_from(integer)
                .map(Number::from)
                .or_else(|_| u64::try_from(integer).map(Number::from))
                .map(Value::Number)
                .map_err(|_| "it does not fit in 64 bits; write it in quotes");
        }
        if self.is_float() {
            let whole = !self.text.contains(['.', 'e', 'E']);
            let number = self
                .text
                .parse::<f64>()
                .ok()
                .filter(|_| !whole)
                .and_then(Number::from_f64);
            return number
                .map(Value::Number)
                .ok_or("it is too large for a number; write it in quotes");
        }
        match self.text.trim_start_matches(['+', '-']) {
            ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" if self.plain => {
                Err("only finite numbers can be used; write it in quotes")
            }
            _ => Ok(Value::String(self.text.clone())),
        }
    }

    /// What it is, in a word, for a person.
    pub(super) fn describe(&self) -> String {
        let short: String = self.text.chars().take(40).collect();
        let short = if short.len() < self.text.len() {
            format!("{short}…")
        } else {
            short
        };
        let shown = short.escape_debug();
        match self.value() {
            Ok(Value::Null) => "nothing".to_owned(),
            Ok(Value::Bool(_) | Value::Number(_)) | Err(_) => format!("`{shown}`"),
            Ok(_) => format!("the text `{shown}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> Result<Value, &'static str> {
        Scalar {
            text: text.to_owned(),
            plain: true,
        }
        .value()
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, value) in [
            ("~", json!(null)),
            ("true", json!(true)),
            ("yes", json!("yes")),
            ("12", json!(12)),
            ("-12", json!(-12)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            ("1.2.3", json!("1.2.3")),
            ("1_000", json!("1_000")),
            ("18446744073709551615", json!(u64::MAX)),
            ("+-1", json!("+-1")),
            (".", json!(".")),
            ("e1", json!("e1")),
        ] {
            assert_eq!(plain(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn numbers_that_would_lose_digits_are_refused() {
        assert!(plain("18446744073709551616").is_err());
        assert!(plain(&"9".repeat(100)).is_err());
        assert!(plain("1e999").is_err());
        assert!(plain(".inf").is_err());
    }

    #[test]
    fn quotes_make_a_text_of_everything() {
        let quoted = Scalar {
            text: "12".to_owned(),
            plain: false,
        };
        assert_eq!(quoted.value(), Ok(json!("12")));
    }
}
