use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::Tracker;
use crate::ComponentId;

/// What is owed for a batch: that everything derived from it becomes durable.
///
/// It is split where a batch goes several ways and merged where ways meet. It ends exactly once:
/// [`fulfil`](Obligation::fulfil), or a drop, which breaks it and names who held it. So a batch that
/// is lost on an error path is never acknowledged.
pub(crate) struct Obligation {
    parts: Parts,
    holder: ComponentId,
}

/// Nearly always one; several only behind a join of edges that carry the same source.
enum Parts {
    None,
    One(Part),
    Many(Vec<Part>),
}

struct Part(Arc<Whole>);

struct Whole {
    tracker: Arc<Tracker>,
    number: u64,
    open: AtomicUsize,
}

impl Obligation {
    pub(super) fn new(tracker: Arc<Tracker>, number: u64, holder: ComponentId) -> Self {
        let whole = Whole {
            tracker,
            number,
            open: AtomicUsize::new(1),
        };
        Self {
            parts: Parts::One(Part(Arc::new(whole))),
            holder,
        }
    }

    /// An obligation that nobody waits for.
    pub(crate) fn none(holder: &ComponentId) -> Self {
        Self {
            parts: Parts::None,
            holder: holder.clone(),
        }
    }

    /// Whether nobody waits for it.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self.parts, Parts::None)
    }

    /// From now on `holder` answers for it.
    pub(crate) fn hold(&mut self, holder: &ComponentId) {
        self.holder = holder.clone();
    }

    /// A second obligation for the same batches: both must be fulfilled.
    pub(crate) fn split(&self) -> Self {
        let split = |part: &Part| {
            part.0.open.fetch_add(1, Ordering::Relaxed);
            Part(Arc::clone(&part.0))
        };
        let parts = match &self.parts {
            Parts::None => Parts::None,
            Parts::One(part) => Parts::One(split(part)),
            Parts::Many(parts) => Parts::Many(parts.iter().map(split).collect()),
        };
        Self {
            parts,
            holder: self.holder.clone(),
        }
    }

    /// One obligation for what was owed in two.
    pub(crate) fn merge(mut self, mut other: Self) -> Self {
        let mut parts = self.take();
        parts.extend(other.take());
        self.parts = Parts::Many(parts);
        self
    }

    /// Everything is durable.
    pub(crate) fn fulfil(mut self) {
        match std::mem::replace(&mut self.parts, Parts::None) {
            Parts::None => {}
            Parts::One(part) => part.fulfil(),
            Parts::Many(parts) => parts.into_iter().for_each(Part::fulfil),
        }
    }

    fn take(&mut self) -> Vec<Part> {
        match std::mem::replace(&mut self.parts, Parts::None) {
            Parts::None => Vec::new(),
            Parts::One(part) => vec![part],
            Parts::Many(parts) => parts,
        }
    }
}

impl Part {
    fn fulfil(self) {
        // The last part to be fulfilled must see what the others did before they were.
        if self.0.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.tracker.fulfilled(self.0.number);
        }
    }
}

impl Drop for Obligation {
    fn drop(&mut self) {
        for part in self.take() {
            part.0.tracker.broken(part.0.number, &self.holder);
        }
    }
}

impl fmt::Debug for Obligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = match &self.parts {
            Parts::None => 0,
            Parts::One(_) => 1,
            Parts::Many(parts) => parts.len(),
        };
        write!(f, "Obligation({parts} parts, held by {})", self.holder)
    }
}
