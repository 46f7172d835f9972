use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use futures_core::Stream as FuturesStream;

use super::ExecutorError;

/// Lines of an instance's output, oldest first.
pub struct LogStream(Pin<Box<dyn FuturesStream<Item = Result<LogLine, ExecutorError>> + Send>>);

impl LogStream {
    /// A stream of lines.
    pub fn new(
        lines: impl FuturesStream<Item = Result<LogLine, ExecutorError>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(lines))
    }

    /// A stream that has ended.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(futures_util::stream::empty())
    }
}

impl FuturesStream for LogStream {
    type Item = Result<LogLine, ExecutorError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for LogStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogStream")
    }
}

/// One line of output. The bytes are exact; the line break is not part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// When it was written, as the backend says.
    pub at: SystemTime,
    /// Which output it came from.
    pub stream: Stream,
    /// What was written.
    pub bytes: Bytes,
    /// Whether the line goes on with the next one of the same output: a backend may cut a line that is
    /// longer than it can hold into pieces.
    pub partial: bool,
}

impl LogLine {
    /// A line.
    #[must_use]
    pub const fn new(at: SystemTime, stream: Stream, bytes: Bytes) -> Self {
        Self {
            at,
            stream,
            bytes,
            partial: false,
        }
    }

    /// The same bytes as a piece of a line that goes on.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.partial = true;
        self
    }
}

/// An output stream of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogOptions {
    /// Only lines from this moment on.
    pub since: Option<SystemTime>,
    /// At most this many of the lines that are there already, the newest.
    pub tail: Option<usize>,
    /// Whether the stream goes on with lines that are yet to come.
    pub follow: bool,
}
