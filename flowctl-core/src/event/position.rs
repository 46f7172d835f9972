use bytes::Bytes;

/// How far a stream of one source has come: everything up to and including `sequence`.
///
/// The sequence is the source's own numbering and orders positions. The cursor is opaque: only the
/// source that made it can read it, and only to re-open faster or more exactly. Two positions with
/// the same sequence are the same position.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The last sequence that is covered.
    pub sequence: u64,
    /// What the source wants back when it is re-opened here.
    pub cursor: Option<Bytes>,
}

impl Position {
    /// The position after everything up to and including `sequence`, with no cursor.
    #[must_use]
    pub const fn at(sequence: u64) -> Self {
        Self {
            sequence,
            cursor: None,
        }
    }

    /// The same position with a bookmark that the source gets back on resume.
    #[must_use]
    pub fn with_cursor(mut self, cursor: impl Into<Bytes>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }
}
