use async_trait::async_trait;

use super::ended::Alive;
use crate::{
    component::{
        ComponentError, Held, Next, OpenSink, Output, Processor, Resume, Sink, Source,
        SourceIdentity,
    },
    event::{Batch, Position},
};

/// A component object whose last call and whose drop are the end of its instance.
pub(super) struct Watched<T: ?Sized> {
    alive: Alive,
    object: Box<T>,
}

impl<T: ?Sized> Watched<T> {
    pub(super) fn new(object: Box<T>, alive: Alive) -> Self {
        Self { alive, object }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Source for Watched<dyn Source> {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        let result = self.object.identify().await;
        self.alive.note(&result);
        result
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        let result = self.object.open(resume).await;
        self.alive.note(&result);
        result
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        let result = self.object.next().await;
        self.alive.note(&result);
        result
    }

    async fn acknowledged(&mut self, position: &Position) -> Result<(), ComponentError> {
        let result = self.object.acknowledged(position).await;
        self.alive.note(&result);
        result
    }

    fn tip(&self) -> Option<u64> {
        self.object.tip()
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.object.close().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Processor for Watched<dyn Processor> {
    async fn open(&mut self) -> Result<(), ComponentError> {
        let result = self.object.open().await;
        self.alive.note(&result);
        result
    }

    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        let result = self.object.process(batch).await;
        self.alive.note(&result);
        result
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.object.close().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sink for Watched<dyn Sink> {
    async fn open(&mut self, open: &OpenSink) -> Result<Held, ComponentError> {
        let result = self.object.open(open).await;
        self.alive.note(&result);
        result
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let result = self.object.write(batches).await;
        self.alive.note(&result);
        result
    }

    async fn reset(&mut self) -> Result<(), ComponentError> {
        let result = self.object.reset().await;
        self.alive.note(&result);
        result
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.object.close().await
    }
}
