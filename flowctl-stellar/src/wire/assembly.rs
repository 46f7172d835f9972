use crate::token_transfer::TokenTransferEvent;

/// Events of a stream on their way into whole ledgers.
///
/// Pure: streams come and break outside. What is handed out is complete; what is not is forgotten when a
/// stream breaks, and the next one begins with the ledger it belongs to.
#[derive(Debug)]
pub(super) struct Assembly {
    /// The first ledger that is not complete; `None`: whichever comes first.
    first: Option<u32>,
    end: Option<u32>,
    /// The ledger whose events come.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    ledger: u32,
    events: Vec<TokenTransferEvent>,
}

/// A stretch of ledgers that is complete: the events are all of one of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    /// The last ledger of the stretch.
    pub(super) through: u32,
    /// In the order of the ledger.
    pub(super) events: Vec<TokenTransferEvent>,
}

/// A stream is not what the service promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AssemblyError {
    #[error("something of ledger {found} came where ledger {expected} or a later one was due")]
    Falls { expected: u32, found: u32 },
    #[error("something of ledger {found} came, beyond the last one asked for, {end}")]
    Beyond { end: u32, found: u32 },
    #[error("ledger {ledger} has more than {MAX_EVENTS} events")]
    TooMany { ledger: u32 },
}

/// The most events that one ledger is believed to have. The largest load tests have below 30,000; this
/// bounds what a broken server can make a reader hold.
pub(super) const MAX_EVENTS: usize = 1 << 20;

impl Assembly {
    /// The ledgers from `first` to `end`.
    pub(super) const fn new(first: Option<u32>, end: Option<u32>) -> Self {
        Self {
            first,
            end,
            open: None,
        }
    }

    /// The ledger that a stream has to begin with.
    pub(super) const fn first(&self) -> Option<u32> {
        self.first
    }

    /// The last ledger.
    pub(super) const fn end(&self) -> Option<u32> {
        self.end
    }

    /// Whether nothing is left.
    pub(super) fn is_done(&self) -> bool {
        match (self.first, self.end) {
            (Some(first), Some(end)) => first > end,
            _ => false,
        }
    }

    /// A new stream begins: what the one before left incomplete comes again.
    pub(super) fn begin(&mut self) {
        self.open = None;
    }

    /// An event came. Answers with what is complete by that.
    pub(super) fn event(
        &mut self,
        event: TokenTransferEvent,
    ) -> Result<Option<Whole>, AssemblyError> {
        let ledger = event.meta.ledger_sequence;
        self.check(ledger)?;
        if let Some(open) = &mut self.open
            && open.ledger == ledger
        {
            if open.events.len() >= MAX_EVENTS {
                return Err(AssemblyError::TooMany { ledger });
            }
            open.events.push(event);
            return Ok(None);
        }
        let events = vec![event];
        let before = self.open.replace(Open { ledger, events });
        Ok(before.map(|open| self.complete(ledger - 1, open.events)))
    }

    /// A mark came: this ledger and all before are complete.
    pub(super) fn mark(&mut self, ledger: u32) -> Result<Whole, AssemblyError> {
        self.check(ledger)?;
        let events = self.open.take().map_or_else(Vec::new, |open| open.events);
        Ok(self.complete(ledger, events))
    }

    /// The stream ended in good order. `None`: it should have had no end.
    pub(super) fn finish(&mut self) -> Option<Whole> {
        let end = self.end?;
        let events = self.open.take().map_or_else(Vec::new, |open| open.events);
        Some(self.complete(end, events))
    }

    fn complete(&mut self, through: u32, events: Vec<TokenTransferEvent>) -> Whole {
        // Beyond the last number there is no ledger, and nothing after it can be asked for.
        self.first = Some(through.saturating_add(1));
        Whole { through, events }
    }

    /// Nothing of a ledger comes twice, none is earlier than the one before, none outside of the range.
    fn check(&self, found: u32) -> Result<(), AssemblyError> {
        let open = self.open.as_ref().map(|open| open.ledger);
        // There is no ledger 0.
        let expected = open.or(self.first).unwrap_or(1).max(1);
        if found < expected {
            return Err(AssemblyError::Falls { expected, found });
        }
        match self.end {
            Some(end) if found > end => Err(AssemblyError::Beyond { end, found }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{
        Address, Hash,
        token_transfer::{EventKind, EventMeta},
    };

    fn event(ledger: u32, amount: i128) -> TokenTransferEvent {
        TokenTransferEvent {
            meta: EventMeta {
                ledger_sequence: ledger,
                closed_at_seconds: 0,
                tx_hash: Hash([0; 32]),
                transaction_index: 1,
                operation_index: None,
                contract_address: Address::Contract([0; 32]),
                to_muxed_info: None,
            },
            kind: EventKind::Fee {
                from: Address::Account([0; 32]),
                asset: None,
                amount,
            },
        }
    }

    /// What a server sends for the ledgers from `first` on, where `counts[n]` events are of ledger
    /// `n + 1`: an event or a mark each.
    fn stream(counts: &[u8], first: u32, marks: bool) -> Vec<Result<TokenTransferEvent, u32>> {
        let mut all = Vec::new();
        for (ledger, count) in (1_u32..).zip(counts) {
            if ledger < first {
                continue;
            }
            all.extend((0..*count).map(|index| Ok(event(ledger, index.into()))));
            if marks {
                all.push(Err(ledger));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn streams_that_break_give_every_event_once_and_in_order(
            counts in vec(0_u8..4, 1..30),
            breaks in vec(0_usize..20, 0..20),
            marks: bool,
        ) {
            let last = u32::try_from(counts.len()).unwrap();
            let mut assembly = Assembly::new(Some(1), Some(last));
            let mut found = Vec::new();
            let mut through = 0;
            let mut breaks = breaks.into_iter();
            while !assembly.is_done() {
                assembly.begin();
                let messages = stream(&counts, assembly.first().unwrap(), marks);
                let cut = breaks.next().unwrap_or(usize::MAX);
                let whole_stream = cut >= messages.len();
                let mut complete = Vec::new();
                for message in messages.into_iter().take(cut) {
                    match message {
                        Ok(event) => complete.extend(assembly.event(event).unwrap()),
                        Err(ledger) => complete.push(assembly.mark(ledger).unwrap()),
                    }
                }
                if whole_stream {
                    if assembly.is_done() {
                        // A mark of the last ledger has said all.
                    } else {
                        complete.push(assembly.finish().unwrap());
                    }
                }
                for whole in complete {
                    prop_assert!(whole.through > through, "positions rise");
                    for event in &whole.events {
                        let ledger = event.meta.ledger_sequence;
                        prop_assert!(ledger > through && ledger <= whole.through);
                        prop_assert_eq!(ledger, whole.events[0].meta.ledger_sequence);
                    }
                    through = whole.through;
                    found.extend(whole.events);
                }
            }
            let wanted: Vec<_> = stream(&counts, 1, false).into_iter().map(Result::unwrap).collect();
            prop_assert_eq!(found, wanted);
            prop_assert_eq!(through, last);
        }
    }

    #[test]
    fn a_ledger_is_complete_when_a_later_one_begins_and_those_between_are_empty() {
        let mut assembly = Assembly::new(None, None);
        assert_eq!(assembly.event(event(7, 0)), Ok(None));
        assert_eq!(assembly.event(event(7, 1)), Ok(None));
        let whole = assembly.event(event(10, 0)).unwrap().unwrap();
        assert_eq!((whole.through, whole.events.len()), (9, 2));
        assert_eq!(assembly.first(), Some(10));
        assert_eq!(assembly.finish(), None, "it has no end");
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        let mut assembly = Assembly::new(Some(5), Some(9));
        let falls = |expected, found| AssemblyError::Falls { expected, found };
        assert_eq!(assembly.event(event(4, 0)), Err(falls(5, 4)));
        assembly.event(event(7, 0)).unwrap();
        assert_eq!(assembly.event(event(6, 0)), Err(falls(7, 6)));
        assembly.mark(7).unwrap();
        assert_eq!(assembly.event(event(7, 0)), Err(falls(8, 7)));
        assert_eq!(assembly.mark(7), Err(falls(8, 7)));
        let beyond = AssemblyError::Beyond { end: 9, found: 10 };
        assert_eq!(assembly.event(event(10, 0)), Err(beyond));
        assert_eq!(assembly.mark(10), Err(beyond));
    }
}
