use std::collections::BTreeMap;

use crate::{
    Position,
    component::{Held, Processor, Resume, Sink, Source, SourceIdentity},
    executor::Objects,
};

/// Component objects by their place in the layout, each opened as far as `open` has come.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) sources: BTreeMap<usize, OpenedSource>,
    pub(super) sinks: BTreeMap<usize, (Box<dyn Sink>, Held)>,
    pub(super) processors: BTreeMap<usize, Vec<Box<dyn Processor>>>,
}

pub(super) struct OpenedSource {
    pub(super) source: Box<dyn Source>,
    pub(super) identity: SourceIdentity,
    pub(super) resume: Resume,
    /// The checkpoint, where it resumes right there.
    pub(super) checkpoint: Option<Position>,
}

impl Opened {
    pub(super) fn take(&mut self, node: usize, objects: Objects) -> Result<(), ()> {
        match objects {
            Objects::Source(source) => {
                let opened = OpenedSource {
                    source,
                    identity: SourceIdentity::new(""),
                    resume: Resume::default(),
                    checkpoint: None,
                };
                self.sources.insert(node, opened);
            }
            Objects::Processors(processors) => {
                self.processors.insert(node, processors);
            }
            Objects::Sink(sink) => {
                self.sinks.insert(node, (sink, Held::Unknown));
            }
            Objects::Taken => return Err(()),
        }
        Ok(())
    }

    /// Closes what came up, after something did not; what this says is of no more interest.
    pub(super) async fn close(self) {
        for (_, mut opened) in self.sources {
            let _ = opened.source.close().await;
        }
        for mut processor in self.processors.into_values().flatten() {
            let _ = processor.close().await;
        }
        for (_, (mut sink, _)) in self.sinks {
            let _ = sink.close().await;
        }
    }
}
