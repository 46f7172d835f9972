use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// How far one output stream of a container has been read.
///
/// Lines of one stream have moments that do not fall, and several may have the same: the mark is the
/// last moment and how many lines of that moment there were. After a break the log is read again from
/// some time before the mark; [`admit`](Self::admit) leaves out what was there already.
///
/// Without a break, too, an engine before 23 repeats a few lines when it begins a new file: lines with
/// the moments of lines that were read a short while ago. Other moments that fall are a clock that was
/// set back.
#[derive(Debug, Default)]
pub(super) struct Mark {
    last: Option<(SystemTime, usize)>,
    /// While the log is read again: the lines of the mark's own moment that are yet to be left out.
    again: Option<usize>,
    /// The moments that were read last, the newest at the end.
    recent: VecDeque<SystemTime>,
}

/// How many moments are remembered; an engine repeated 27 lines where it was seen to.
const REMEMBERED: usize = 4096;

impl Mark {
    /// The log will be read again from a moment before the mark.
    pub(super) fn read_again(&mut self) {
        self.again = self.last.map(|(_, count)| count);
    }

    /// Whether anything of the stream was read.
    pub(super) const fn is_set(&self) -> bool {
        self.last.is_some()
    }

    /// Whether all that was there already has been left out.
    pub(super) const fn has_caught_up(&self) -> bool {
        matches!(self.again, None | Some(0))
    }

    /// Whether a line is new; moves the mark if so.
    pub(super) fn admit(&mut self, at: SystemTime) -> bool {
        if self.again.is_none()
            && self.last.is_some_and(|(last, _)| at < last)
            && self.recent.iter().rev().any(|recent| *recent == at)
        {
            self.read_again();
        }
        if let (Some(left), Some((last, _))) = (self.again, self.last) {
            if at < last {
                return false;
            }
            if at == last && left > 0 {
                self.again = Some(left - 1);
                return false;
            }
            self.again = None;
        }
        self.last = match self.last {
            Some((last, count)) if last == at => Some((last, count + 1)),
            _ => Some((at, 1)),
        };
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(at);
        true
    }
}

/// From where a log is read again so that no line of any stream is missed: lines of different streams
/// may stand in the log in another order than that of their moments, by far less than this.
pub(super) fn before(marks: [&Mark; 2]) -> Option<SystemTime> {
    let latest = marks.iter().filter_map(|mark| mark.last).max()?.0;
    latest.checked_sub(Duration::from_secs(2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    proptest! {
        /// Wherever the stream breaks, however often: each line once.
        #[test]
        fn breaks_neither_lose_nor_repeat(
            steps in prop::collection::vec(0u64..3, 1..40),
            breaks in prop::collection::vec(0usize..40, 0..5),
        ) {
            let mut second = 10;
            let lines: Vec<u64> = steps.iter().map(|step| { second += step; second }).collect();
            let mut mark = Mark::default();
            let mut seen = Vec::new();
            for cut in breaks.iter().map(|cut| cut % lines.len()).chain([lines.len()]) {
                let since = before([&mark, &Mark::default()]);
                for (index, line) in lines.iter().enumerate().take(cut) {
                    if since.is_some_and(|since| at(*line) < since) {
                        continue;
                    }
                    if mark.admit(at(*line)) {
                        seen.push(index);
                    }
                }
                mark.read_again();
            }
            prop_assert_eq!(seen, (0..lines.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn lines_that_an_engine_repeats_are_left_out() {
        let mut mark = Mark::default();
        let read = [1, 2, 3, 3, 4, 4, 2, 3, 3, 4, 4, 5];
        let new: Vec<u64> = read.into_iter().filter(|s| mark.admit(at(*s))).collect();
        assert_eq!(new, [1, 2, 3, 3, 4, 4, 5]);
    }

    #[test]
    fn a_clock_that_was_set_back_loses_nothing_without_a_break() {
        let mut mark = Mark::default();
        assert!(mark.admit(at(10)));
        assert!(mark.admit(at(5)));
    }
}
