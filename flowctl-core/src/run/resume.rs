//! Where a source is to begin, from what is known to be durable. Pure.

use crate::{component::Resume, event::Position};

/// What one sink says about one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SinkHolds {
    /// It keeps no positions: the checkpoint answers for it.
    Unknown,
    /// Nothing of this source.
    Nothing,
    /// Everything up to this sequence.
    Through(u64),
}

/// A sink has less than the checkpoint, and the source cannot go back there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CannotRewind {
    pub(crate) checkpoint: u64,
    pub(crate) needed: Option<u64>,
}

/// The place from which no sink misses anything: the minimum over the checkpoint and what the sinks
/// hold. A sink that is ahead of it drops what it has.
pub(crate) fn resume(
    checkpoint: Option<&Position>,
    sinks: impl IntoIterator<Item = SinkHolds>,
    rewinds: bool,
) -> Result<Resume, CannotRewind> {
    // An absent checkpoint is the beginning, and so is a sink that holds nothing.
    let mut after = checkpoint.map(|position| position.sequence);
    for holds in sinks {
        match holds {
            SinkHolds::Unknown => {}
            SinkHolds::Nothing => after = None,
            SinkHolds::Through(sequence) => after = after.map(|after| after.min(sequence)),
        }
    }
    match (after, checkpoint) {
        (Some(after), Some(checkpoint)) if after == checkpoint.sequence => {
            Ok(Resume::after(checkpoint.clone()))
        }
        (needed, Some(checkpoint)) if !rewinds => Err(CannotRewind {
            checkpoint: checkpoint.sequence,
            needed,
        }),
        (after, _) => Ok(Resume {
            after: after.map(Position::at),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds() -> impl Strategy<Value = SinkHolds> {
        prop_oneof![
            Just(SinkHolds::Unknown),
            Just(SinkHolds::Nothing),
            (0_u64..20).prop_map(SinkHolds::Through),
        ]
    }

    proptest! {
        /// No sink, and nothing after the checkpoint, is ever skipped; and no more is repeated than
        /// the sink that is furthest behind needs.
        #[test]
        fn nothing_is_skipped_and_no_more_is_repeated_than_needed(
            checkpoint in proptest::option::of(0_u64..20),
            sinks in proptest::collection::vec(holds(), 0..5),
        ) {
            let position = checkpoint.map(Position::at);
            let after = resume(position.as_ref(), sinks.clone(), true).unwrap().after;
            let after = after.map(|position| position.sequence);
            let needs = sinks.iter().filter_map(|holds| match holds {
                SinkHolds::Unknown => None,
                SinkHolds::Nothing => Some(None),
                SinkHolds::Through(sequence) => Some(Some(*sequence)),
            });
            let least = needs.chain([checkpoint]).min().flatten();
            prop_assert_eq!(after, least);
        }
    }

    #[test]
    fn the_cursor_is_given_back_only_at_its_own_position() {
        let checkpoint = Position::at(7).with_cursor("c");
        let at = |sinks: &[SinkHolds]| {
            resume(Some(&checkpoint), sinks.iter().copied(), true)
                .unwrap()
                .after
        };
        assert_eq!(at(&[SinkHolds::Through(9)]), Some(checkpoint.clone()));
        assert_eq!(at(&[SinkHolds::Through(6)]).unwrap().cursor, None);
    }

    #[test]
    fn a_source_that_cannot_go_back_is_not_asked_to() {
        let checkpoint = Position::at(7);
        let at = |holds| resume(Some(&checkpoint), [holds], false);
        assert!(at(SinkHolds::Through(7)).is_ok());
        assert_eq!(
            at(SinkHolds::Through(3)),
            Err(CannotRewind {
                checkpoint: 7,
                needed: Some(3)
            })
        );
        assert_eq!(
            at(SinkHolds::Nothing),
            Err(CannotRewind {
                checkpoint: 7,
                needed: None
            })
        );
        assert!(resume(None, [SinkHolds::Nothing], false).is_ok());
    }
}
