use std::collections::HashSet;

use async_trait::async_trait;

use crate::{
    ComponentId, Path,
    component::{ComponentError, Held, OpenSink, Output, Processor, Sink},
    event::{Batch, Event},
};

/// A processor that makes one event of each event. The closure usually
/// [derives](Event::derive) index 0.
///
/// # Examples
///
/// ```
/// use flowctl_core::{Payload, adapt};
///
/// let shout = adapt::map(|event| {
///     let text = event.payload().as_bytes().map(|bytes| bytes.to_ascii_uppercase());
///     Ok(event.derive(0, event.event_type().clone(), Payload::bytes(text.unwrap_or_default())))
/// });
/// ```
pub fn map(
    mut make: impl FnMut(&Event) -> Result<Event, ComponentError> + Send + 'static,
) -> Box<dyn Processor> {
    filter_map(move |event| make(event).map(Some))
}

/// A processor that makes one event, or none, of each event.
pub fn filter_map(
    make: impl FnMut(&Event) -> Result<Option<Event>, ComponentError> + Send + 'static,
) -> Box<dyn Processor> {
    Box::new(Each(make))
}

/// A sink that hands each event to a closure and stores nothing.
///
/// When the closure answers with an error the batches come again, but the events that it took already
/// are not handed to it a second time.
pub fn sink(
    take: impl FnMut(&Event) -> Result<(), ComponentError> + Send + 'static,
) -> Box<dyn Sink> {
    Box::new(EachSink {
        take,
        taken: HashSet::new(),
    })
}

struct Each<F>(F);

struct EachSink<F> {
    take: F,
    /// What was taken out of calls that did not succeed (clause K4 of `Sink`).
    taken: HashSet<(ComponentId, u64, Path)>,
}

#[async_trait]
impl<F> Processor for Each<F>
where
    F: FnMut(&Event) -> Result<Option<Event>, ComponentError> + Send,
{
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        let events = batch
            .events()
            .iter()
            .filter_map(|event| (self.0)(event).transpose());
        events.collect::<Result<Vec<_>, _>>().map(Output::from)
    }
}

#[async_trait]
impl<F> Sink for EachSink<F>
where
    F: FnMut(&Event) -> Result<(), ComponentError> + Send,
{
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        Ok(Held::Unknown)
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let mut taken = Vec::new();
        for batch in batches {
            for event in batch.events() {
                let again = !self.taken.is_empty() && self.taken.contains(&key(batch, event));
                if again {
                    continue;
                }
                if let Err(error) = (self.take)(event) {
                    self.taken.extend(taken);
                    return Err(error);
                }
                taken.push(key(batch, event));
            }
        }
        if self.taken.is_empty() {
            return Ok(());
        }
        for batch in batches {
            for event in batch.events() {
                self.taken.remove(&key(batch, event));
            }
        }
        Ok(())
    }
}

fn key(batch: &Batch, event: &Event) -> (ComponentId, u64, Path) {
    (
        batch.source().clone(),
        event.sequence(),
        event.path().clone(),
    )
}
