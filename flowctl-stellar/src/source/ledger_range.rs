use flowctl_core::component::Resume;

/// Which ledgers a source hands out: both ends inclusive, each may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerRange {
    start: Option<u32>,
    end: Option<u32>,
}

/// Two numbers that are not the ends of a range of ledgers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// The end comes before the start.
    #[error("`end_ledger` {end} is below `start_ledger` {start}")]
    Empty {
        /// The first ledger.
        start: u32,
        /// The last ledger.
        end: u32,
    },
    /// There is no ledger 0.
    #[error("there is no ledger 0: the first ledger of a network is 1")]
    Zero,
}

impl LedgerRange {
    /// The ledgers from `start` to `end`.
    ///
    /// # Errors
    ///
    /// [`RangeError`] when no ledger is in the range.
    pub const fn new(start: Option<u32>, end: Option<u32>) -> Result<Self, RangeError> {
        match (start, end) {
            (Some(0), _) | (_, Some(0)) => Err(RangeError::Zero),
            (Some(start), Some(end)) if end < start => Err(RangeError::Empty { start, end }),
            (start, end) => Ok(Self { start, end }),
        }
    }

    /// The first ledger, if the range says.
    #[must_use]
    pub const fn start(self) -> Option<u32> {
        self.start
    }

    /// The last ledger, if the range ends.
    #[must_use]
    pub const fn end(self) -> Option<u32> {
        self.end
    }

    /// Whether the ledger is in the range.
    #[must_use]
    pub fn contains(self, sequence: u32) -> bool {
        self.start.is_none_or(|start| start <= sequence)
            && self.end.is_none_or(|end| sequence <= end)
    }

    /// What is left of the range where a source resumes; `None`: nothing.
    pub(crate) fn after(self, resume: &Resume) -> Option<Self> {
        let Some(position) = &resume.after else {
            return Some(self);
        };
        let next = u32::try_from(position.sequence).ok()?.checked_add(1)?;
        let start = self.start.map_or(next, |start| start.max(next));
        Self::new(Some(start), self.end).ok()
    }
}

#[cfg(test)]
mod tests {
    use flowctl_core::event::Position;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_holds_at_least_one_ledger() {
        assert!(LedgerRange::new(Some(7), Some(7)).is_ok());
        assert_eq!(
            LedgerRange::new(Some(8), Some(7)),
            Err(RangeError::Empty { start: 8, end: 7 })
        );
        assert_eq!(LedgerRange::new(None, Some(0)), Err(RangeError::Zero));
    }

    proptest! {
        #[test]
        fn a_resumed_range_begins_behind_the_position(start in 1_u32.., length: u16, at: u64) {
            let end = start.saturating_add(u32::from(length));
            let range = LedgerRange::new(Some(start), Some(end)).unwrap();
            let left = range.after(&Resume::after(Position::at(at)));
            let expected = u64::from(start).max(at.saturating_add(1));
            match left {
                Some(left) => {
                    prop_assert_eq!(left.start().map(u64::from), Some(expected));
                    prop_assert_eq!(left.end(), Some(end));
                }
                None => prop_assert!(expected > u64::from(end)),
            }
        }
    }
}
