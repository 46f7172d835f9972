use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use async_trait::async_trait;
use futures_core::Stream;

use crate::{
    ComponentId,
    executor::{ExecutorError, LogLine, LogOptions},
};

/// Where the logs of a run's components can be had.
#[async_trait]
pub trait LogSource: fmt::Debug + Send + Sync + 'static {
    /// The components that may have logs.
    fn components(&self) -> Vec<ComponentId>;

    /// What a component wrote and, with `follow`, writes, over all its instances and generations. Lines
    /// of one instance are in order; a component that writes nothing, or has not been started, has no
    /// lines. With `follow` it ends with the run.
    ///
    /// # Errors
    ///
    /// When the backend cannot be asked.
    async fn log(
        &self,
        component: &ComponentId,
        options: LogOptions,
    ) -> Result<ComponentLog, ExecutorError>;
}

/// One line, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentLine {
    /// Which of the component's instances, from 0.
    pub instance: u32,
    /// Which start of that instance, from 1.
    pub generation: u32,
    /// The line.
    pub line: LogLine,
}

impl ComponentLine {
    /// A line of an instance, in one of its generations.
    #[must_use]
    pub const fn new(instance: u32, generation: u32, line: LogLine) -> Self {
        Self {
            instance,
            generation,
            line,
        }
    }
}

/// The lines of one component.
pub struct ComponentLog(Lines);

type Lines = Pin<Box<dyn Stream<Item = Result<ComponentLine, ExecutorError>> + Send>>;

impl ComponentLog {
    /// A stream of lines.
    pub fn new(
        lines: impl Stream<Item = Result<ComponentLine, ExecutorError>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(lines))
    }
}

impl Stream for ComponentLog {
    type Item = Result<ComponentLine, ExecutorError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for ComponentLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ComponentLog")
    }
}
