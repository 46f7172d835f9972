use super::{Cancellation, Meter};
use crate::{ComponentId, Namespace, PipelineName, RunId, event::Codecs, store::Scope};

/// Who a component is and what it may use. Given to its factory; cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ComponentContext {
    /// The pipeline's namespace.
    pub namespace: Namespace,
    /// The pipeline's name.
    pub pipeline: PipelineName,
    /// This execution of the pipeline.
    pub run: RunId,
    /// The component's id in the spec.
    pub component: ComponentId,
    /// Which start of the component this is, from 1.
    pub generation: u32,
    /// Given when the run drains: a source should stand still; the others finish what still comes.
    pub cancellation: Cancellation,
    /// Where it counts what it leaves out.
    pub meter: Meter,
    /// How payloads are written and read.
    pub codecs: Codecs,
    /// A corner of the pipeline's state store that is this component's own.
    pub state: Scope,
}

impl ComponentContext {
    /// A context for a component that is used outside a run, in a test for example: an empty state
    /// in memory, no codec, generation 1.
    #[must_use]
    pub fn detached(component: ComponentId) -> Self {
        Self {
            namespace: Namespace::default(),
            pipeline: PipelineName::detached(),
            run: RunId::detached(),
            component,
            generation: 1,
            cancellation: Cancellation::new(),
            meter: Meter::default(),
            codecs: Codecs::default(),
            state: Scope::in_memory(),
        }
    }

    /// The same context with codecs.
    #[must_use]
    pub fn with_codecs(mut self, codecs: Codecs) -> Self {
        self.codecs = codecs;
        self
    }
}
