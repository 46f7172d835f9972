use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flowctl_core::{
    component::{ComponentContext, ComponentError, Held, OpenSink, Sink},
    event::{Batch, Codecs},
};

use super::{JsonLinesConfig, line_file::LineFile};
use crate::sink::blocking;

/// Appends every event as one line of JSON to a file, and knows after a crash what it has.
///
/// Takes events of every type that has a codec. The lines are in the order of the events; from
/// several sources they are interleaved as they come. Beside the file `PATH` lies `PATH.position`, which
/// says how much of it counts. One sink at a time writes to a file.
#[derive(Debug)]
pub struct JsonLines {
    config: JsonLinesConfig,
    context: ComponentContext,
    opened: Option<Arc<Mutex<Opened>>>,
}

#[derive(Debug)]
struct Opened {
    file: LineFile,
    open: OpenSink,
}

impl JsonLines {
    /// A sink as `config` says. Touches no file yet.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(config: JsonLinesConfig, context: ComponentContext) -> Result<Self, ComponentError> {
        Ok(Self {
            config,
            context,
            opened: None,
        })
    }
}

#[async_trait]
impl Sink for JsonLines {
    async fn open(&mut self, open: &OpenSink) -> Result<Held, ComponentError> {
        self.opened = None;
        let (path, open) = (self.config.path.clone(), open.clone());
        let opened = blocking(move || {
            let file = LineFile::open(&path, &open)?;
            Ok(Opened { file, open })
        })
        .await?;
        let held = opened.file.positions().held();
        self.opened = Some(Arc::new(Mutex::new(opened)));
        Ok(held)
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let opened = self
            .opened
            .clone()
            .ok_or_else(|| ComponentError::stop("the sink is not open"))?;
        let (batches, codecs) = (batches.to_vec(), self.context.codecs.clone());
        blocking(move || {
            opened
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write(&batches, &codecs)
        })
        .await
    }

    async fn reset(&mut self) -> Result<(), ComponentError> {
        self.opened = None;
        let path = self.config.path.clone();
        blocking(move || LineFile::remove(&path)).await
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        let Some(opened) = self.opened.take() else {
            return Ok(());
        };
        blocking(move || {
            let opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.file.close()
        })
        .await
    }
}

impl Opened {
    fn write(&mut self, batches: &[Batch], codecs: &Codecs) -> Result<(), ComponentError> {
        let mut positions = self.file.positions().clone();
        let mut lines = Vec::new();
        for batch in batches {
            for event in positions.new_events(batch) {
                codecs.write_json(event, &mut lines).map_err(|error| {
                    let events = vec![(event.sequence(), event.path().clone())];
                    ComponentError::skip("an event cannot be written as JSON", events)
                        .caused_by(error)
                })?;
                lines.push(b'\n');
            }
            positions.advance(batch, &self.open);
        }
        self.file.append(&lines, positions)
    }
}
