use std::{collections::BTreeMap, fmt, sync::Arc};

use flowctl_core::{Cancellation, Codecs, ComponentError, EventType, Processor, Sink, Source};
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

/// What a caller says about how a source is to be configured; empty where its protocol has no such thing.
pub type Parameters = BTreeMap<String, String>;

type Make<A, T> = Arc<dyn Fn(A) -> Result<Box<T>, ComponentError> + Send + Sync>;

/// What a program offers to others: components that are made anew for every call, and what is to be
/// said of them. Cheap to clone; clones drain together.
///
/// The same offer can be served in several protocols at once (see [`data`](crate::data) and
/// [`v1`](crate::v1)). Factories do no I/O.
#[derive(Clone)]
pub struct Offer {
    pub(crate) about: Arc<About>,
    pub(crate) source: Option<MakeSource>,
    pub(crate) processor: Option<MakeProcessor>,
    pub(crate) sink: Option<MakeSink>,
    pub(crate) codecs: Codecs,
    pub(crate) draining: Cancellation,
    /// The calls that are under way.
    pub(crate) calls: TaskTracker,
    /// Whoever has a sink object holds this: two would write over each other.
    pub(crate) writing: Arc<Mutex<()>>,
}

pub(crate) type MakeSource =
    Arc<dyn Fn(&Parameters) -> Result<Box<dyn Source>, ComponentError> + Send + Sync>;
pub(crate) type MakeProcessor = Make<(), dyn Processor>;
pub(crate) type MakeSink = Make<(), dyn Sink>;

/// What is said of the components.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) component: String,
    pub(crate) program: String,
    pub(crate) version: String,
    pub(crate) accepts: Vec<EventType>,
    pub(crate) emits: Vec<EventType>,
    pub(crate) stateless: bool,
    pub(crate) non_deterministic: bool,
}

impl Offer {
    /// An offer with nothing in it, by the component with this id; empty if it was told none.
    pub fn new(component: impl Into<String>) -> Self {
        let about = About {
            component: component.into(),
            ..About::default()
        };
        Self {
            about: Arc::new(about),
            source: None,
            processor: None,
            sink: None,
            codecs: Codecs::default(),
            draining: Cancellation::new(),
            calls: TaskTracker::new(),
            writing: Arc::default(),
        }
    }

    /// By this program, for people.
    #[must_use]
    pub fn program(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        let about = self.about_mut();
        about.program = name.into();
        about.version = version.into();
        self
    }

    /// A source, made anew for every reader.
    #[must_use]
    pub fn source(
        mut self,
        make: impl Fn(&Parameters) -> Result<Box<dyn Source>, ComponentError> + Send + Sync + 'static,
    ) -> Self {
        self.source = Some(Arc::new(make));
        self
    }

    /// A processor, made anew for every session.
    #[must_use]
    pub fn processor(
        mut self,
        make: impl Fn() -> Result<Box<dyn Processor>, ComponentError> + Send + Sync + 'static,
    ) -> Self {
        self.processor = Some(Arc::new(move |()| make()));
        self
    }

    /// A sink, made anew for every session. There is never more than one at a time.
    #[must_use]
    pub fn sink(
        mut self,
        make: impl Fn() -> Result<Box<dyn Sink>, ComponentError> + Send + Sync + 'static,
    ) -> Self {
        self.sink = Some(Arc::new(move |()| make()));
        self
    }

    /// It takes events of this type (too), and none that is not named.
    #[must_use]
    pub fn accepts(mut self, event_type: EventType) -> Self {
        self.about_mut().accepts.push(event_type);
        self
    }

    /// It emits events of this type (too).
    #[must_use]
    pub fn emits(mut self, event_type: EventType) -> Self {
        self.about_mut().emits.push(event_type);
        self
    }

    /// What the processor answers depends on nothing but the batch.
    #[must_use]
    pub fn stateless(mut self) -> Self {
        self.about_mut().stateless = true;
        self
    }

    /// The processor may answer the same batch differently the next time.
    #[must_use]
    pub fn non_deterministic(mut self) -> Self {
        self.about_mut().non_deterministic = true;
        self
    }

    /// How payloads that are values are written.
    #[must_use]
    pub fn codecs(mut self, codecs: Codecs) -> Self {
        self.codecs = codecs;
        self
    }

    /// Given when the program is to drain: by [`drain`](Offer::drain) or by a caller. What the program
    /// reads from others should then end after its last complete unit.
    #[must_use]
    pub fn draining(&self) -> Cancellation {
        self.draining.clone()
    }

    /// Lets the streams of sources end after the last complete unit, and accepts no new ones.
    /// Processors and sinks finish what still comes.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Drains and waits until every call has ended and what it held is closed.
    pub async fn finished(&self) {
        self.drain();
        self.calls.close();
        self.calls.wait().await;
    }

    fn about_mut(&mut self) -> &mut About {
        Arc::make_mut(&mut self.about)
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("about", &self.about)
            .field("source", &self.source.is_some())
            .field("processor", &self.processor.is_some())
            .field("sink", &self.sink.is_some())
            .finish_non_exhaustive()
    }
}
