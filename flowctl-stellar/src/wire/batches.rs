use std::future::Future;

use flowctl_core::{
    component::{ComponentError, Next},
    event::SourceBatch,
};
use futures_util::stream::{self, BoxStream, StreamExt as _};

/// What makes the batches of a source, one after the other.
pub(super) trait MakeBatches: Send + 'static {
    /// The next batch; `None` after the last.
    fn batch(&mut self)
    -> impl Future<Output = Result<Option<SourceBatch>, ComponentError>> + Send;
}

/// The batches of a source that is open. Closed, it has none.
pub(super) struct Batches(Option<BoxStream<'static, Result<SourceBatch, ComponentError>>>);

impl Batches {
    pub(super) const fn closed() -> Self {
        Self(None)
    }

    pub(super) fn of(maker: impl MakeBatches) -> Self {
        // The work is in the stream, so that a call of `next` that is dropped loses nothing.
        let batches = stream::unfold(maker, |mut maker| async {
            let batch = maker.batch().await.transpose()?;
            Some((batch, maker))
        });
        Self(Some(batches.fuse().boxed()))
    }

    /// The next batch, or the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Next, ComponentError> {
        let Some(batches) = &mut self.0 else {
            return Ok(Next::End);
        };
        batches
            .next()
            .await
            .map_or(Ok(Next::End), |batch| batch.map(Next::Batch))
    }

    pub(super) const fn is_open(&self) -> bool {
        self.0.is_some()
    }
}
