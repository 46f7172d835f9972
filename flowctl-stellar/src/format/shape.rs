/// How ledgers lie in a piece of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// One `LedgerCloseMeta`, to the end of the content.
    Single,
    /// A `LedgerCloseMetaBatch`: its range and the number of its ledgers, which follow each other.
    Batch {
        /// The first ledger.
        start: u32,
        /// The last ledger.
        end: u32,
        /// How many ledgers it says it holds.
        count: u32,
    },
    /// A `LedgerCloseMeta` behind each record mark (RFC 5531, section 11), as stellar-core streams
    /// them.
    Framed,
}

impl Shape {
    /// How many bytes [`detect`](Shape::detect) needs.
    pub const PREFIX: usize = 12;

    /// Recognises the shape by the first [`PREFIX`](Shape::PREFIX) bytes.
    ///
    /// A mark has its high bit set, which no ledger sequence and no version has. A single ledger
    /// begins with its version, 0 to 2, and from version 1 on with the version of its extension, 0
    /// or 1; a batch begins with two ledger sequences, the second not below the first, and their
    /// number. The two can be told apart down to a batch of ledger 1 alone.
    #[must_use]
    pub fn detect(prefix: &[u8]) -> Option<Self> {
        let (first, second, third) = (word(prefix, 0)?, word(prefix, 4)?, word(prefix, 8)?);
        let batch = Self::Batch {
            start: first,
            end: second,
            count: third,
        };
        match (first, second) {
            _ if first & FRAME_MARK != 0 => Some(Self::Framed),
            (0, _) => Some(Self::Single),
            // The word after extension 1 is its own version, which is 0.
            (1, 1) if third != 0 => Some(batch),
            (1 | 2, 0 | 1) => Some(Self::Single),
            _ if second >= first => Some(batch),
            _ => None,
        }
    }
}

/// The bit of a record mark that says that the record ends with this fragment.
pub(super) const FRAME_MARK: u32 = 1 << 31;

/// The big-endian word at `at`.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let (word, _) = bytes.get(at..)?.split_first_chunk()?;
    Some(u32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detect(words: [u32; 3]) -> Option<Shape> {
        Shape::detect(&words.map(u32::to_be_bytes).concat())
    }

    #[test]
    fn a_batch_of_the_first_ledgers_is_not_taken_for_a_single_ledger() {
        assert_eq!(
            detect([1, 1, 1]),
            Some(Shape::Batch {
                start: 1,
                end: 1,
                count: 1
            })
        );
        assert_eq!(detect([1, 1, 0]), Some(Shape::Single));
        assert_eq!(
            detect([1, 64, 64]),
            Some(Shape::Batch {
                start: 1,
                end: 64,
                count: 64
            })
        );
        assert_eq!(
            detect([2, 2, 1]),
            Some(Shape::Batch {
                start: 2,
                end: 2,
                count: 1
            })
        );
        assert_eq!(detect([2, 1, 0]), Some(Shape::Single));
        assert_eq!(detect([2, 0, 7]), Some(Shape::Single));
    }

    #[test]
    fn text_and_reversed_ranges_are_nothing() {
        assert_eq!(Shape::detect(b"{\"ledger\": 1"), None);
        assert_eq!(detect([9, 8, 1]), None);
        assert_eq!(Shape::detect(&[0, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn whatever_follows_a_mark_is_a_frame(mark: u32, second: u32, third: u32) {
            prop_assert_eq!(detect([mark | FRAME_MARK, second, third]), Some(Shape::Framed));
        }

        #[test]
        fn every_batch_is_recognised(start in 2_u32..1 << 30, length in 0_u32..1 << 20) {
            let (end, count) = (start + length, length + 1);
            prop_assert_eq!(detect([start, end, count]), Some(Shape::Batch { start, end, count }));
        }
    }
}
