use async_trait::async_trait;

use crate::{
    component::{ComponentError, Next, Resume, Source, SourceIdentity},
    event::{Event, Position, SourceBatch},
};

/// A source of the events that an iterator yields, one a batch, with rising sequences.
///
/// `make` is called with the sequence after which to begin (`None`: at the beginning) each time the
/// source is opened; `fingerprint` names what is iterated over.
pub fn source<I>(
    fingerprint: impl Into<String>,
    make: impl FnMut(Option<u64>) -> I + Send + 'static,
) -> Box<dyn Source>
where
    I: Iterator<Item = Event> + Send + 'static,
{
    Box::new(Iterated {
        fingerprint: fingerprint.into(),
        make,
        events: None,
    })
}

struct Iterated<F, I> {
    fingerprint: String,
    make: F,
    events: Option<I>,
}

#[async_trait]
impl<F, I> Source for Iterated<F, I>
where
    F: FnMut(Option<u64>) -> I + Send,
    I: Iterator<Item = Event> + Send,
{
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new(self.fingerprint.clone()))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.events = Some((self.make)(resume.after.map(|position| position.sequence)));
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let event = self.events.as_mut().and_then(Iterator::next);
        Ok(event.map_or(Next::End, |event| {
            let through = Position::at(event.sequence());
            Next::Batch(SourceBatch::new(vec![event], through))
        }))
    }
}
