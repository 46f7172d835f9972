use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use flowctl_core::{
    component::{ComponentContext, ComponentError, Held, OpenSink, Sink},
    event::Batch,
};
use tokio::time::Instant;

use super::{ConsoleConfig, line::write_line, throttle::Throttle};
use crate::sink::blocking;

/// Shows events to a person as they come, not all of them where they come fast.
///
/// Keeps no positions: after a crash some events are shown again. What is written goes to a writer
/// that is given to it, which is flushed after every call.
pub struct Console {
    config: ConsoleConfig,
    context: ComponentContext,
    throttle: Throttle,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
}

impl Console {
    /// A sink as `config` says that writes to `writer`.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(
        config: ConsoleConfig,
        context: ComponentContext,
        writer: Box<dyn Write + Send>,
    ) -> Result<Self, ComponentError> {
        let writer = Arc::new(Mutex::new(writer));
        Ok(Self {
            config,
            context,
            throttle: Throttle::new(config),
            writer,
        })
    }

    async fn print(&self, text: Vec<u8>) -> Result<(), ComponentError> {
        if text.is_empty() {
            return Ok(());
        }
        let writer = Arc::clone(&self.writer);
        blocking(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer
                .write_all(&text)
                .and_then(|()| writer.flush())
                .map_err(console_error)
        })
        .await
    }

    fn note_left_out(&mut self, out: &mut Vec<u8>) {
        let left_out = self.throttle.take_left_out();
        // Lines of JSON are read by programs, which a remark would disturb.
        if left_out > 0 && self.config.format == super::ConsoleFormat::Text {
            out.extend(format!("… and {left_out} more\n").into_bytes());
        }
    }
}

#[async_trait]
impl Sink for Console {
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        Ok(Held::Unknown)
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let mut out = Vec::new();
        let now = Instant::now();
        for event in batches.iter().flat_map(Batch::events) {
            if self.throttle.shows_next(now) {
                self.note_left_out(&mut out);
                write_line(event, self.config.format, &self.context.codecs, &mut out);
            }
        }
        self.print(out).await
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        let mut out = Vec::new();
        self.note_left_out(&mut out);
        self.print(out).await
    }
}

fn console_error(error: io::Error) -> ComponentError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        ComponentError::stop("nobody reads the output any more")
            .caused_by(error)
            .help("a reader such as `head` has ended; limit the range of the source instead")
    } else {
        ComponentError::stop("failed to print").caused_by(error)
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
