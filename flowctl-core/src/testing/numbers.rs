use async_trait::async_trait;

use crate::{
    EventType, Payload,
    component::{ComponentError, Next, Resume, Source, SourceIdentity},
    event::{Event, Position, SourceBatch},
};

/// The event type of [`Numbers`].
pub const NUMBER: &str = "test.number";

/// A source of the events 1, 2, 3 … `last`, each with its number as text.
#[derive(Clone, Debug)]
pub struct Numbers {
    last: u64,
    per_batch: u64,
    size: usize,
    next: u64,
    endless: bool,
    fingerprint: String,
    rewinds: bool,
}

impl Numbers {
    /// The numbers from 1 to `last`, one a batch.
    #[must_use]
    pub fn to(last: u64) -> Self {
        Self {
            last,
            per_batch: 1,
            size: 0,
            next: 1,
            endless: false,
            fingerprint: "numbers".to_owned(),
            rewinds: true,
        }
    }

    /// This many numbers a batch.
    #[must_use]
    pub fn per_batch(mut self, count: u64) -> Self {
        self.per_batch = count.max(1);
        self
    }

    /// Payloads padded to at least this many bytes.
    #[must_use]
    pub fn sized(mut self, bytes: usize) -> Self {
        self.size = bytes;
        self
    }

    /// After the last number it idles for ever instead of ending.
    #[must_use]
    pub fn then_idle(mut self) -> Self {
        self.endless = true;
        self
    }

    /// Calls itself something else.
    #[must_use]
    pub fn called(mut self, fingerprint: &str) -> Self {
        fingerprint.clone_into(&mut self.fingerprint);
        self
    }

    /// Resumes at its checkpoint only.
    #[must_use]
    pub fn without_rewind(mut self) -> Self {
        self.rewinds = false;
        self
    }

    fn event(&self, event_type: &EventType, number: u64) -> Event {
        let text = format!("{number:0>width$}", width = self.size);
        Event::new(event_type.clone(), number, Payload::bytes(text))
    }
}

#[async_trait]
impl Source for Numbers {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let identity = SourceIdentity::new(self.fingerprint.clone());
        Ok(if self.rewinds {
            identity
        } else {
            identity.without_rewind()
        })
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        self.next = resume.after.map_or(1, |position| position.sequence + 1);
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        // Gives other tasks a turn, as a source that does I/O would. Before anything is taken: a call
        // that is dropped here has changed nothing (S3).
        tokio::task::yield_now().await;
        if self.next > self.last {
            if !self.endless {
                return Ok(Next::End);
            }
            if self.next > self.last + 1 {
                std::future::pending::<()>().await;
            }
            self.next += 1;
            return Ok(Next::Idle);
        }
        let event_type = NUMBER
            .parse()
            .map_err(|error| ComponentError::stop("bad type").caused_by(error))?;
        let through = (self.next + self.per_batch - 1).min(self.last);
        let events = (self.next..=through)
            .map(|number| self.event(&event_type, number))
            .collect();
        self.next = through + 1;
        Ok(Next::Batch(SourceBatch::new(events, Position::at(through))))
    }

    fn tip(&self) -> Option<u64> {
        Some(self.last)
    }
}
