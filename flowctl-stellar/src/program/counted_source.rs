use async_trait::async_trait;
use flowctl_core::{
    component::{ComponentError, Next, Resume, Source, SourceIdentity},
    event::Position,
};

use super::metrics::{Counter, Metrics, OpenStream};

/// A source whose records are counted as what the program gives.
pub(crate) struct CountedSource {
    source: Box<dyn Source>,
    metrics: Metrics,
    stream: Option<OpenStream>,
}

impl CountedSource {
    pub(crate) fn new(source: Box<dyn Source>, metrics: Metrics) -> Self {
        Self {
            source,
            metrics,
            stream: None,
        }
    }

    fn failed(&self, error: ComponentError) -> ComponentError {
        let counter = match error.is_transient() {
            true => Counter::Retries,
            false => Counter::Errors,
        };
        self.metrics.add(counter, 1);
        error
    }
}

#[async_trait]
impl Source for CountedSource {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        self.source.identify().await
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        let opened = self.source.open(resume).await;
        self.stream = Some(self.metrics.open_stream());
        opened.map_err(|error| self.failed(error))
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let next = self
            .source
            .next()
            .await
            .map_err(|error| self.failed(error))?;
        if let Some(tip) = self.source.tip() {
            self.metrics.set_tip(tip);
        }
        if let Next::Batch(batch) = &next {
            let count = batch.events.len() as u64;
            self.metrics.add(Counter::Units, count);
            self.metrics.add(Counter::EventsIn, count);
            self.metrics.add(Counter::EventsOut, count);
            let bytes = batch
                .events
                .iter()
                .filter_map(|event| event.payload().as_bytes());
            let bytes = bytes.map(|bytes| bytes.len() as u64).sum();
            self.metrics.add(Counter::BytesOut, bytes);
            self.metrics.set_position(batch.through.sequence);
        }
        Ok(next)
    }

    async fn acknowledged(&mut self, position: &Position) -> Result<(), ComponentError> {
        self.source.acknowledged(position).await
    }

    fn tip(&self) -> Option<u64> {
        self.source.tip()
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.stream = None;
        self.source.close().await
    }
}
