use super::LedgerHeader;
use crate::Hash;

/// What a missing ledger means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// An error: ledgers follow one another without a hole.
    #[default]
    Error,
    /// Allowed: what lies beyond a hole is taken as it is, since there is nothing to check it against.
    Allow,
}

/// Checks that ledgers follow one another: rising sequences, and each with the hash of the one before.
///
/// The archives carry no proof of their own, so this is what notices a hole, a reordered or repeated
/// ledger, and a ledger of another network or of a reset test network.
#[derive(Debug, Clone)]
pub struct HashChain {
    gaps: Gaps,
    last: Option<(u32, Hash)>,
}

/// How a ledger joins those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It is the first one.
    First,
    /// It follows the last one, by sequence and by hash.
    Next,
    /// Ledgers are missing before it, which [`Gaps::Allow`] allows.
    AfterGap {
        /// How many are missing.
        missing: u32,
    },
}

/// Why a ledger does not follow the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Ledgers are missing.
    #[error("expected ledger {expected}, found {found}")]
    Gap {
        /// The sequence that should have come.
        expected: u32,
        /// The sequence that came.
        found: u32,
    },
    /// The ledger came before, or should have come before.
    #[error("ledger {found} came after ledger {last}")]
    NotRising {
        /// The sequence of the last ledger.
        last: u32,
        /// The sequence that came.
        found: u32,
    },
    /// The ledger follows another ledger than the last one.
    #[error("ledger {sequence} follows a ledger with the hash `{found}`, not `{expected}`")]
    BrokenChain {
        /// The ledger that does not fit.
        sequence: u32,
        /// The hash of the last ledger.
        expected: Hash,
        /// The hash that this ledger follows.
        found: Hash,
    },
}

impl HashChain {
    /// A chain that any ledger can start.
    #[must_use]
    pub const fn new(gaps: Gaps) -> Self {
        Self { gaps, last: None }
    }

    /// A chain that goes on after the ledger `sequence` with `hash`.
    #[must_use]
    pub const fn after(gaps: Gaps, sequence: u32, hash: Hash) -> Self {
        Self {
            gaps,
            last: Some((sequence, hash)),
        }
    }

    /// The last ledger that joined.
    #[must_use]
    pub const fn last(&self) -> Option<(u32, Hash)> {
        self.last
    }

    /// Joins the ledger with this header.
    ///
    /// # Errors
    ///
    /// Every [`ChainError`]; the chain then is as it was.
    pub fn join(&mut self, header: &LedgerHeader) -> Result<Link, ChainError> {
        let link = self.link(header.sequence, header.previous_hash)?;
        self.last = Some((header.sequence, header.hash));
        Ok(link)
    }

    fn link(&self, sequence: u32, previous_hash: Hash) -> Result<Link, ChainError> {
        let Some((last, hash)) = self.last else {
            return Ok(Link::First);
        };
        if sequence <= last {
            return Err(ChainError::NotRising {
                last,
                found: sequence,
            });
        }
        match (sequence - last - 1, self.gaps) {
            (0, _) if previous_hash == hash => Ok(Link::Next),
            (0, _) => Err(ChainError::BrokenChain {
                sequence,
                expected: hash,
                found: previous_hash,
            }),
            (missing, Gaps::Allow) => Ok(Link::AfterGap { missing }),
            (_, Gaps::Error) => Err(ChainError::Gap {
                expected: last + 1,
                found: sequence,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(sequence: u32, hash: u8, previous: u8) -> LedgerHeader {
        LedgerHeader {
            sequence,
            close_time_seconds: 0,
            protocol: 22,
            hash: Hash([hash; 32]),
            previous_hash: Hash([previous; 32]),
        }
    }

    #[test]
    fn neighbours_join_by_hash() {
        let mut chain = HashChain::new(Gaps::Error);
        assert_eq!(chain.join(&header(7, 7, 6)), Ok(Link::First));
        assert_eq!(chain.join(&header(8, 8, 7)), Ok(Link::Next));
    }

    #[test]
    fn a_ledger_of_another_history_breaks_the_chain_and_leaves_it_as_it_was() {
        let mut chain = HashChain::after(Gaps::Allow, 7, Hash([7; 32]));
        let broken = chain.join(&header(8, 8, 9)).unwrap_err();
        let (expected, found) = (Hash([7; 32]), Hash([9; 32]));
        assert_eq!(
            broken,
            ChainError::BrokenChain {
                sequence: 8,
                expected,
                found
            }
        );
        assert_eq!(chain.join(&header(8, 8, 7)), Ok(Link::Next));
    }

    #[test]
    fn a_gap_is_an_error_unless_allowed() {
        let mut strict = HashChain::after(Gaps::Error, 7, Hash([7; 32]));
        let gap = ChainError::Gap {
            expected: 8,
            found: 10,
        };
        assert_eq!(strict.join(&header(10, 10, 9)), Err(gap));
        let mut lenient = HashChain::after(Gaps::Allow, 7, Hash([7; 32]));
        assert_eq!(
            lenient.join(&header(10, 10, 9)),
            Ok(Link::AfterGap { missing: 2 })
        );
    }

    proptest! {
        #[test]
        fn sequences_never_fall_or_repeat(last: u32, found: u32, allow: bool) {
            let gaps = if allow { Gaps::Allow } else { Gaps::Error };
            let mut chain = HashChain::after(gaps, last, Hash([1; 32]));
            let joined = chain.join(&header(found, 2, 1));
            if found <= last {
                prop_assert_eq!(joined, Err(ChainError::NotRising { last, found }));
            } else if found == last + 1 {
                prop_assert_eq!(joined, Ok(Link::Next));
            } else {
                prop_assert_eq!(joined.is_ok(), allow);
            }
        }
    }
}
