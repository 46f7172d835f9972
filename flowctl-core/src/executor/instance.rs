use crate::{Namespace, PipelineName, RunId, component::ComponentContext, spec::ComponentSpec};

/// Which run an instance belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunScope {
    /// The pipeline's namespace.
    pub namespace: Namespace,
    /// The pipeline's name.
    pub pipeline: PipelineName,
    /// The run.
    pub id: RunId,
}

impl RunScope {
    /// The scope of a run of the named pipeline.
    #[must_use]
    pub const fn new(namespace: Namespace, pipeline: PipelineName, id: RunId) -> Self {
        Self {
            namespace,
            pipeline,
            id,
        }
    }
}

/// One instance of a component, as a backend is asked to start it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Instance {
    /// The run it belongs to.
    pub run: RunScope,
    /// What is to run.
    pub component: ComponentSpec,
    /// Which of the component's instances this is, from 0.
    pub index: u32,
    /// Which start of that instance this is, from 1.
    pub generation: u32,
    /// What a component object in this process is given.
    pub context: ComponentContext,
}

impl Instance {
    /// The first instance of `component` in its first generation.
    #[must_use]
    pub const fn new(run: RunScope, component: ComponentSpec, context: ComponentContext) -> Self {
        Self {
            run,
            component,
            index: 0,
            generation: 1,
            context,
        }
    }
}
