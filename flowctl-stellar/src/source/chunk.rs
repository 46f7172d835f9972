use flowctl_core::{
    EventType,
    event::{Event, Metadata, Payload, Position, SourceBatch},
};

use crate::{Hash, format::RawLedger};

/// Ledgers of as many bytes make one batch.
const MAX_BYTES: usize = 1024 * 1024;

/// The metadata of a ledger's event that says where it was read, for errors further down.
pub(crate) const PLACE: &str = "read-from";

/// Ledgers on their way into one batch.
#[derive(Debug)]
pub(crate) struct Chunk {
    event_type: EventType,
    max_ledgers: usize,
    events: Vec<Event>,
    bytes: usize,
    last: Option<(u32, Hash)>,
}

impl Chunk {
    pub(crate) const fn new(event_type: EventType, max_ledgers: usize) -> Self {
        Self {
            event_type,
            max_ledgers,
            events: Vec::new(),
            bytes: 0,
            last: None,
        }
    }

    /// Adds a checked ledger; `true`: the chunk is full.
    pub(crate) fn push(&mut self, ledger: RawLedger) -> bool {
        self.bytes = self.bytes.saturating_add(ledger.bytes.len());
        self.last = Some((ledger.header.sequence, ledger.header.hash));
        let at = ledger.closed_at();
        let sequence = u64::from(ledger.header.sequence);
        let mut metadata = Metadata::default();
        if let Some(place) = ledger.place {
            // A path too long for metadata is left out: it only helps errors.
            let _ = metadata.insert(PLACE, place.to_string());
        }
        let payload = Payload::bytes(ledger.bytes);
        let event = Event::new(self.event_type.clone(), sequence, payload);
        self.events.push(event.at(at).with_metadata(metadata));
        self.events.len() >= self.max_ledgers || self.bytes >= MAX_BYTES
    }

    /// What is in the chunk as one batch, with the hash of its last ledger as the cursor; the chunk
    /// is empty then. `None` if there is nothing.
    pub(crate) fn take(&mut self) -> Option<SourceBatch> {
        let (sequence, Hash(hash)) = self.last.take()?;
        self.bytes = 0;
        let through = Position::at(sequence.into()).with_cursor(hash.to_vec());
        Some(SourceBatch::new(std::mem::take(&mut self.events), through))
    }
}
