use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::Notify;

use super::{Delivery, Obligation};
use crate::{ComponentId, event::Batch};

/// How much may wait on one edge. A single larger batch passes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// Wakes the reader of one or several queues.
pub(crate) type Wake = Arc<Notify>;

/// The reader is gone; the delivery is dropped, which breaks its obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// One edge: the writing and the reading end of a queue that is bounded in events and bytes.
///
/// `wake` is notified when something arrives or the writer is gone; an [`Inlet`](super::Inlet) of
/// several edges shares one.
pub(crate) fn queue(limit: Limit, wake: Wake) -> (Sender, Receiver) {
    let shared = Arc::new(Shared {
        limit,
        state: Mutex::default(),
        writable: Notify::new(),
        wake,
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

struct Shared {
    limit: Limit,
    state: Mutex<State>,
    writable: Notify,
    wake: Wake,
}

#[derive(Default)]
struct State {
    items: VecDeque<Delivery>,
    events: usize,
    bytes: usize,
    writer: Writer,
    reader_gone: bool,
}

/// What became of the writing end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Writer {
    #[default]
    There,
    /// It said that the stream is over.
    Ended,
    /// It is gone without a word: what would have followed is missing.
    Gone,
}

impl State {
    /// An empty batch counts as one event, so that a queue of them is bounded too.
    fn cost(batch: &Batch) -> (usize, usize) {
        (batch.events().len().max(1), batch.size())
    }

    fn has_room(&self, batch: &Batch, limit: Limit) -> bool {
        let (events, bytes) = Self::cost(batch);
        self.items.is_empty()
            || (self.events + events <= limit.events && self.bytes + bytes <= limit.bytes)
    }

    fn push(&mut self, delivery: Delivery) {
        let (events, bytes) = Self::cost(&delivery.batch);
        self.events += events;
        self.bytes += bytes;
        self.items.push_back(delivery);
    }

    fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.items.pop_front()?;
        let (events, bytes) = Self::cost(&delivery.batch);
        self.events -= events;
        self.bytes -= bytes;
        Some(delivery)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing end. The reader gets what is there and then the end; whether that is the end of the
/// stream or only of its writer depends on [`Sender::end`].
pub(crate) struct Sender(Arc<Shared>);

impl Sender {
    /// Waits until there is room, then adds the delivery.
    pub(crate) async fn send(&self, delivery: Delivery) -> Result<(), Closed> {
        let mut delivery = delivery;
        loop {
            match self.try_send(delivery) {
                Ok(()) => return Ok(()),
                Err(Refused::Closed) => return Err(Closed),
                Err(Refused::Full(refused)) => delivery = *refused,
            }
            // There is one writer, so a permit that was stored meanwhile is not lost.
            self.0.writable.notified().await;
        }
    }

    /// Adds the delivery if there is room.
    pub(crate) fn try_send(&self, delivery: Delivery) -> Result<(), Refused> {
        let mut state = self.0.state();
        if state.reader_gone {
            return Err(Refused::Closed);
        }
        if !state.has_room(&delivery.batch, self.0.limit) {
            return Err(Refused::Full(Box::new(delivery)));
        }
        state.push(delivery);
        drop(state);
        self.0.wake.notify_one();
        Ok(())
    }

    /// Tells the reader how far the stream is without giving it an event or owing it anything.
    ///
    /// Never waits: such word of the same source that waits at the end of the queue is replaced, so
    /// that at most one item a source is ever added past the limit.
    pub(crate) fn send_progress(&self, batch: &Batch, holder: &ComponentId) -> Result<(), Closed> {
        let mut state = self.0.state();
        if state.reader_gone {
            return Err(Closed);
        }
        let batch = batch.with_events(Vec::new());
        let mut word = state
            .items
            .iter_mut()
            .rev()
            .take_while(|item| item.obligation.is_none());
        match word.find(|item| item.batch.source() == batch.source()) {
            Some(earlier) => earlier.batch = batch,
            None => state.push(Delivery {
                batch,
                obligation: Obligation::none(holder),
            }),
        }
        drop(state);
        self.0.wake.notify_one();
        Ok(())
    }

    /// The stream is over: nothing is missing after what was sent.
    pub(crate) fn end(self) {
        self.0.state().writer = Writer::Ended;
    }

    /// Shows how much waits, to whoever looks.
    pub(crate) fn gauge(&self) -> Gauge {
        Gauge(Arc::downgrade(&self.0))
    }
}

/// Shows how much waits on an edge; nothing once the edge is gone.
#[derive(Clone)]
pub(crate) struct Gauge(Weak<Shared>);

impl Gauge {
    /// How many events and bytes wait.
    pub(crate) fn depth(&self) -> (usize, usize) {
        self.0.upgrade().map_or((0, 0), |shared| {
            let state = shared.state();
            (state.events, state.bytes)
        })
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.depth()).finish()
    }
}

/// Why a delivery was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// No room; here it is back.
    Full(Box<Delivery>),
    /// The reader is gone.
    Closed,
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.writer == Writer::There {
            state.writer = Writer::Gone;
        }
        drop(state);
        self.0.wake.notify_one();
    }
}

/// The reading end. When it is dropped, what waits is broken and the writer is refused.
pub(crate) struct Receiver(Arc<Shared>);

impl Receiver {
    /// The next delivery, if one waits.
    pub(crate) fn try_recv(&self) -> Option<Delivery> {
        let delivery = self.0.state().pop()?;
        self.0.writable.notify_one();
        Some(delivery)
    }

    /// Whether nothing waits and the writer went without ending the stream.
    pub(crate) fn is_cut_off(&self) -> bool {
        let state = self.0.state();
        state.writer == Writer::Gone && state.items.is_empty()
    }

    /// Whether nothing waits and the stream is over.
    pub(crate) fn has_ended(&self) -> bool {
        let state = self.0.state();
        state.writer == Writer::Ended && state.items.is_empty()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.reader_gone = true;
        let left = std::mem::take(&mut state.items);
        drop(state);
        drop(left);
        self.0.writable.notify_one();
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.gauge()).finish()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}
