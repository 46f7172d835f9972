/// What can be read from the text of a variable.
pub(crate) trait Value: Sized {
    /// Reads it; the text is not empty and has no white space around it.
    ///
    /// # Errors
    ///
    /// What to do instead, for example `expected a whole number`.
    fn read(text: &str) -> Result<Self, String>;
}

impl Value for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for u16 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "expected a whole number up to 65535".to_owned())
    }
}

impl Value for u32 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "expected a whole number up to 4294967295".to_owned())
    }
}

impl Value for u64 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "expected a whole number".to_owned())
    }
}

impl Value for std::num::NonZeroUsize {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "expected a whole number above 0".to_owned())
    }
}

/// Any case, as the Go programs take it; also `1` and `0`.
impl Value for bool {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("expected `true` or `false`".to_owned()),
        }
    }
}
