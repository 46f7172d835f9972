use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use flowctl_core::{Cancellation, ComponentError, Position, event::SourceBatch};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
};

use super::{DataSource, read_ahead::ReadAhead};
use crate::dial::{Dial, Reconnect};

/// The task that reads ahead, and the way to it.
#[derive(Debug)]
pub(super) struct Reading {
    items: mpsc::Receiver<Item>,
    commands: mpsc::Sender<Command>,
    acknowledged: watch::Sender<Option<Position>>,
    shared: Arc<Shared>,
    /// Ends with this object.
    _task: JoinSet<()>,
}

/// What the reader found.
#[derive(Debug)]
pub(super) enum Item {
    Opened,
    Batch(SourceBatch, Taken),
    Idle,
    End,
    /// The source failed and waits for [`Reading::proceed`].
    HeldBack(ComponentError),
    /// Nothing follows.
    Failed(ComponentError),
    /// Nothing follows: the source was closed, with this error.
    Closed(Option<ComponentError>),
}

/// What a batch took of the credit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) events: u64,
    pub(super) bytes: u64,
}

#[derive(Debug)]
pub(super) enum Command {
    Proceed,
    Close,
}

#[derive(Debug)]
pub(super) struct Shared {
    /// The newest sequence of the origin; [`UNKNOWN`] where it is not known.
    pub(super) tip: AtomicU64,
    pub(super) events_back: AtomicU64,
    pub(super) bytes_back: AtomicU64,
    pub(super) back: Notify,
}

const UNKNOWN: u64 = u64::MAX;

impl Reading {
    pub(super) fn start(
        dial: Dial,
        address: String,
        stop: Cancellation,
        fingerprint: Option<String>,
        after: Option<Position>,
        acknowledged: Option<Position>,
    ) -> Self {
        let shared = Arc::new(Shared {
            tip: AtomicU64::new(UNKNOWN),
            events_back: AtomicU64::new(0),
            bytes_back: AtomicU64::new(0),
            back: Notify::new(),
        });
        // A batch takes at least one event of the credit, so the queue always has room; a little more for
        // what is said between batches.
        let (found, items) = mpsc::channel(DataSource::AHEAD_EVENTS as usize + 16);
        let (commands, orders) = mpsc::channel(4);
        let (acknowledged, told) = watch::channel(acknowledged);
        let reader = ReadAhead {
            reconnect: Reconnect::new(&dial),
            dial,
            address,
            stop,
            fingerprint,
            after,
            found,
            told,
            shared: Arc::clone(&shared),
            ahead: Taken::default(),
            opened: false,
            closing: false,
        };
        let mut task = JoinSet::new();
        task.spawn(reader.run(orders));
        Self {
            items,
            commands,
            acknowledged,
            shared,
            _task: task,
        }
    }

    /// What comes next; `None` when nothing follows. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Item> {
        self.items.recv().await
    }

    /// Has a source that waits after a failure asked again.
    pub(super) fn proceed(&self) {
        // Full only when the same has been said already.
        let _ = self.commands.try_send(Command::Proceed);
    }

    pub(super) fn acknowledge(&self, position: Position) {
        self.acknowledged.send_replace(Some(position));
    }

    /// The reader may read as much more.
    pub(super) fn give_back(&self, taken: Taken) {
        let events = self
            .shared
            .events_back
            .fetch_add(taken.events, Ordering::Relaxed)
            + taken.events;
        let bytes = self
            .shared
            .bytes_back
            .fetch_add(taken.bytes, Ordering::Relaxed)
            + taken.bytes;
        // Told in quarters: a message for every batch would cost as much as the batch.
        if events * 4 >= DataSource::AHEAD_EVENTS || bytes * 4 >= DataSource::AHEAD_BYTES {
            self.shared.back.notify_one();
        }
    }

    pub(super) fn tip(&self) -> Option<u64> {
        match self.shared.tip.load(Ordering::Relaxed) {
            UNKNOWN => None,
            tip => Some(tip),
        }
    }

    /// Has the source closed, and gives what went wrong at that.
    pub(super) async fn close(&mut self) -> Option<ComponentError> {
        self.commands.send(Command::Close).await.ok()?;
        while let Some(item) = self.items.recv().await {
            if let Item::Closed(error) = item {
                return error;
            }
        }
        None
    }
}
