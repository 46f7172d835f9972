use std::time::Duration;

use flowctl_core::component::ComponentError;
use object_store::ObjectMeta;
use tokio::time::{Instant, sleep_until};

use super::{LakeSchema, store::LakeStore};

/// The shortest time between two looks for an object.
const SHORTEST_POLL: Duration = Duration::from_millis(250);
/// At how many looks in a row a damaged object must be as it was before it is believed to stay so.
const UNCHANGED_LOOKS: u32 = 2;

/// The wait for an object at the tip of a lake, with what was seen of it so far.
#[derive(Debug)]
pub(super) struct Wait {
    poll_interval: Duration,
    until: Instant,
    pause: Duration,
    /// The damaged object as it was found last, and at how many looks it was the same.
    damaged: Option<(ObjectMeta, u32)>,
    /// Whether a later object was there at the last look for one.
    later: bool,
}

impl Wait {
    /// A wait that looks at once, then less and less often, up to every `poll_interval`.
    pub(super) fn new(poll_interval: Duration) -> Self {
        Self {
            poll_interval,
            until: Instant::now(),
            pause: Duration::ZERO,
            damaged: None,
            later: false,
        }
    }

    /// Waits until it is time for the next look. Cancel safe.
    pub(super) async fn pause(&self) {
        sleep_until(self.until).await;
    }

    /// The object is damaged with `error`: tells it once the object stays as it is.
    ///
    /// Galexie writes objects of file systems in place, so the newest may be there in part.
    pub(super) fn damaged(
        &mut self,
        version: ObjectMeta,
        error: ComponentError,
    ) -> Result<(), ComponentError> {
        let unchanged = match self.damaged.take() {
            Some((before, looks)) if before == version => looks + 1,
            _ => 0,
        };
        if unchanged >= UNCHANGED_LOOKS {
            return Err(error);
        }
        self.damaged = Some((version, unchanged));
        self.prolong();
        Ok(())
    }

    /// The object that begins with `wanted` is not there: an error if a later one is, at two looks in
    /// a row, as objects are written in their order.
    ///
    /// Listing a large lake takes a while. So that a lake that grows is not listed, it is done once the
    /// pauses have grown to their longest; and before the first ledger, where a wrong start is likely.
    pub(super) async fn missing(
        &mut self,
        store: &LakeStore,
        schema: LakeSchema,
        wanted: u32,
        is_first: bool,
    ) -> Result<(), ComponentError> {
        if is_first || self.pause >= self.poll_interval {
            let around = store.around(wanted).await?;
            let later = around.from.filter(|from| *from > wanted);
            match later {
                Some(later) if self.later => {
                    return Err(if is_first && !around.before {
                        ComponentError::stop(format!("the lake has nothing before ledger {later}"))
                            .help(format!("set `start_ledger` to {later} or above"))
                    } else {
                        ComponentError::stop(format!(
                            "the object `{}` is missing, but a later one, of ledger {later}, is there",
                            store.object_name(schema, wanted)
                        ))
                        .help("supply the missing objects")
                    });
                }
                _ => self.later = later.is_some(),
            }
        }
        self.damaged = None;
        self.prolong();
        Ok(())
    }

    fn prolong(&mut self) {
        let longer = self.pause.saturating_mul(2).max(SHORTEST_POLL);
        self.pause = longer.min(self.poll_interval);
        self.until = Instant::now() + self.pause;
    }
}
