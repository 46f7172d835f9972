use std::any::Any;

use crate::{
    program::{
        metrics::{Counter, Metrics},
        shell::Shell,
    },
    wire::Watch,
};

/// Counts what the readers get.
#[derive(Debug)]
pub(super) struct Counting(Metrics);

impl Counting {
    pub(super) fn new(shell: &Shell) -> Self {
        Self(shell.metrics.clone())
    }
}

impl Watch for Counting {
    fn began(&self) -> Box<dyn Any + Send> {
        Box::new(self.0.open_stream())
    }

    fn ledger(&self, sequence: u32, events: u64, bytes: u64) {
        self.0.add(Counter::EventsIn, 1);
        self.0.add(Counter::Units, 1);
        self.0.add(Counter::EventsOut, events);
        self.0.add(Counter::BytesOut, bytes);
        self.0.set_position(sequence.into());
    }

    fn failed(&self) {
        self.0.add(Counter::Errors, 1);
    }
}
