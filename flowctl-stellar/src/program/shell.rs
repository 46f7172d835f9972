use flowctl_core::component::{Cancellation, ComponentContext, ComponentError};

use flowctl_grpc::Offer;
use tokio::time::Instant;

use super::{
    condition::Condition, facts::Facts, http::Pages, metrics::Metrics, run::VERSION,
    settings::Settings,
};

/// What a program is given to work with. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    /// What is fixed about the program.
    pub(crate) facts: Facts,
    /// What every program reads from its environment.
    pub(crate) settings: Settings,
    /// How it is.
    pub(crate) condition: Condition,
    /// What it counts.
    pub(crate) metrics: Metrics,
    /// Given when the process is asked to end.
    pub(crate) stop: Cancellation,
    /// Given with it, or before it by whoever runs the pipeline: streams end after the last complete
    /// unit, and nothing is begun any more.
    pub(crate) drain: Cancellation,
    started: Instant,
}

impl Shell {
    pub(crate) fn new(facts: Facts, settings: Settings) -> Self {
        let stop = Cancellation::new();
        Self {
            facts,
            settings,
            condition: Condition::new(),
            metrics: Metrics::default(),
            drain: stop.child(),
            stop,
            started: Instant::now(),
        }
    }

    /// What the program offers in flowctl's own protocols, with nothing in it yet. To be given to
    /// [`Services::offer`](super::services::Services::offer).
    pub(crate) fn offer(&self) -> Offer {
        Offer::new(&self.settings.component).program(self.facts.name, VERSION)
    }

    /// The pages about the program, for whoever serves HTTP.
    pub(crate) fn pages(&self) -> Pages {
        Pages {
            service: self.facts.name,
            version: VERSION,
            component: self.settings.component.clone(),
            condition: self.condition.clone(),
            metrics: self.metrics.clone(),
            started: self.started,
        }
    }

    /// A context for a component of the library that this program serves, which ends with the program.
    ///
    /// # Errors
    ///
    /// When neither the component's id nor the program's name is a name.
    pub(crate) fn context(&self) -> Result<ComponentContext, ComponentError> {
        // The id only names the component in logs, so one that is no name is replaced.
        let id = self
            .settings
            .component
            .parse()
            .or_else(|_| self.facts.name.parse());
        let id =
            id.map_err(|error| ComponentError::stop("the component has no name").caused_by(error))?;
        let mut context = ComponentContext::detached(id);
        context.cancellation = self.drain.child();
        Ok(context)
    }
}
