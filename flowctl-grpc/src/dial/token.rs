use std::fmt;

use subtle::ConstantTimeEq as _;

/// A secret that a caller shows (`authorization: Bearer …`). Never in any text that this crate writes.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token. Visible ASCII characters only; others make it unusable, which is said when it is used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Whether the value of an `authorization` header shows this token. Takes as long whatever it shows.
    pub(crate) fn is_shown_by(&self, header: &[u8]) -> bool {
        header.ct_eq(self.header().as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
