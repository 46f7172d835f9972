use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts by reason, as reports and status snapshots show them.
pub(crate) type Reasons = BTreeMap<Cow<'static, str>, u64>;

/// Where a component counts what a person will want to know of.
///
/// Counts appear in the status and the report of the run under the component, by reason. Cheap to
/// clone; safe to use from anywhere.
#[derive(Clone, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Default)]
struct Counts {
    dropped: Mutex<Reasons>,
    warnings: Mutex<Reasons>,
}

impl Meter {
    /// Counts `count` records that this component leaves out on purpose.
    ///
    /// The reason is a few words that stay the same from run to run, never with data in them.
    pub fn dropped(&self, reason: impl Into<Cow<'static, str>>, count: u64) {
        add(&self.0.dropped, reason.into(), count);
    }

    /// Counts `count` things that are allowed but not as they should be.
    pub fn warning(&self, reason: impl Into<Cow<'static, str>>, count: u64) {
        add(&self.0.warnings, reason.into(), count);
    }

    pub(crate) fn all_dropped(&self) -> Reasons {
        read(&self.0.dropped)
    }

    pub(crate) fn all_warnings(&self) -> Reasons {
        read(&self.0.warnings)
    }
}

fn add(counts: &Mutex<Reasons>, reason: Cow<'static, str>, count: u64) {
    if count > 0 {
        *counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(reason)
            .or_default() += count;
    }
}

fn read(counts: &Mutex<Reasons>) -> Reasons {
    counts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("dropped", &self.all_dropped())
            .field("warnings", &self.all_warnings())
            .finish()
    }
}
