use std::{collections::VecDeque, iter::Peekable, ops::RangeInclusive};

use flowctl_core::component::ComponentError;

use super::{
    index::{IndexedFile, LedgerIndex},
    ordered::{Ordered, ordered},
};
use crate::{format::RawLedger, ledger};

/// How many files whose ranges overlap are read at once.
const MAX_OPEN: usize = 64;

/// The ledgers of all files in one rising order, each once.
///
/// Files are opened when the order reaches them and closed when they are read, so memory does not
/// grow with their number.
pub(super) struct Merge {
    waiting: VecDeque<IndexedFile>,
    open: Vec<Peekable<Ordered>>,
    wanted: RangeInclusive<u32>,
    limit: usize,
}

impl Merge {
    pub(super) fn new(index: &LedgerIndex, wanted: RangeInclusive<u32>, limit: usize) -> Self {
        let holds_wanted =
            |file: &&IndexedFile| file.last >= *wanted.start() && file.first <= *wanted.end();
        let waiting = index.files.iter().filter(holds_wanted).cloned().collect();
        Self {
            waiting,
            open: Vec::new(),
            wanted,
            limit,
        }
    }

    fn next_ledger(&mut self) -> Result<Option<RawLedger>, ComponentError> {
        let Some(sequence) = self.lowest()? else {
            return Ok(None);
        };
        if sequence > *self.wanted.end() {
            return Ok(None);
        }
        let mut taken: Option<RawLedger> = None;
        for file in &mut self.open {
            let at_sequence = |ledger: &Result<RawLedger, ComponentError>| {
                ledger
                    .as_ref()
                    .is_ok_and(|ledger| ledger.header.sequence == sequence)
            };
            let Some(ledger) = file.next_if(at_sequence) else {
                continue;
            };
            let ledger = ledger?;
            match &taken {
                Some(taken) => same_ledger(taken, &ledger)?,
                None => taken = Some(ledger),
            }
        }
        taken.map(whole).transpose()
    }

    /// The lowest sequence that is still to come, with every file open that may hold it.
    fn lowest(&mut self) -> Result<Option<u32>, ComponentError> {
        loop {
            let mut lowest = None;
            let mut still_open = Vec::with_capacity(self.open.len());
            for mut file in self.open.drain(..) {
                if let Some(Err(error)) = file.next_if(Result::is_err) {
                    return Err(error);
                }
                let Some(Ok(ledger)) = file.peek() else {
                    continue;
                };
                let sequence = ledger.header.sequence;
                lowest = Some(lowest.map_or(sequence, |lowest: u32| lowest.min(sequence)));
                still_open.push(file);
            }
            self.open = still_open;
            match self.waiting.front() {
                Some(file) if lowest.is_none_or(|lowest| file.first <= lowest) => {
                    if self.open.len() >= MAX_OPEN {
                        return Err(ComponentError::stop(format!(
                            "more than {MAX_OPEN} files hold ledgers of the same range, up to `{}`",
                            file.path.display()
                        )));
                    }
                    let file = ordered(file, *self.wanted.start(), self.limit)?;
                    self.open.push(file.peekable());
                    self.waiting.pop_front();
                }
                _ => return Ok(lowest),
            }
        }
    }
}

impl Iterator for Merge {
    type Item = Result<RawLedger, ComponentError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_ledger().transpose()
    }
}

/// Refuses a ledger that is cut short, or that has something behind its end.
///
/// A file or frame with a single ledger is read up to where it ends; only this finds out whether the
/// ledger ends there too.
fn whole(ledger: RawLedger) -> Result<RawLedger, ComponentError> {
    match ledger::check(&ledger.bytes) {
        Ok(()) => Ok(ledger),
        Err(error) => {
            let (sequence, place) = (ledger.header.sequence, place(&ledger));
            let message = format!("ledger {sequence} at {place} is damaged, or not alone there");
            Err(ComponentError::stop(message).caused_by(error))
        }
    }
}

fn place(ledger: &RawLedger) -> String {
    let place = ledger.place.as_ref();
    place.map(ToString::to_string).unwrap_or_default()
}

/// That two copies of a ledger are the same, byte for byte.
pub(super) fn same_ledger(one: &RawLedger, other: &RawLedger) -> Result<(), ComponentError> {
    if one.bytes == other.bytes {
        return Ok(());
    }
    Err(ComponentError::stop(format!(
        "ledger {} at {} differs from the one at {}",
        one.header.sequence,
        place(one),
        place(other)
    )))
}
