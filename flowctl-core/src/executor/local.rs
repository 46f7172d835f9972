use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::component::{Processor, Sink, Source};

/// Component objects in this process, for whoever takes them first.
#[derive(Clone)]
pub struct Local(Arc<Mutex<Objects>>);

/// One component's objects, by role.
pub(crate) enum Objects {
    Source(Box<dyn Source>),
    Processors(Vec<Box<dyn Processor>>),
    Sink(Box<dyn Sink>),
    Taken,
}

impl Local {
    pub(crate) fn new(objects: Objects) -> Self {
        Self(Arc::new(Mutex::new(objects)))
    }

    /// A source, to be taken once.
    #[must_use]
    pub fn source(source: Box<dyn Source>) -> Self {
        Self::new(Objects::Source(source))
    }

    /// Equal instances of a processor, to be taken once.
    #[must_use]
    pub fn processors(processors: Vec<Box<dyn Processor>>) -> Self {
        Self::new(Objects::Processors(processors))
    }

    /// A sink, to be taken once.
    #[must_use]
    pub fn sink(sink: Box<dyn Sink>) -> Self {
        Self::new(Objects::Sink(sink))
    }

    /// The source, if there is one and nobody took it yet.
    #[must_use]
    pub fn into_source(self) -> Option<Box<dyn Source>> {
        match self.take() {
            Objects::Source(source) => Some(source),
            Objects::Processors(_) | Objects::Sink(_) | Objects::Taken => None,
        }
    }

    pub(crate) fn take(&self) -> Objects {
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut objects, Objects::Taken)
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.write_str(match &*objects {
            Objects::Source(_) => "Local(source)",
            Objects::Processors(_) => "Local(processors)",
            Objects::Sink(_) => "Local(sink)",
            Objects::Taken => "Local(taken)",
        })
    }
}
