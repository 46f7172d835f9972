use std::collections::BTreeMap;

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
    /// The ports on which it listens, as [`Executor::reserve`](super::Executor::reserve) gave them.
    pub ports: Vec<BoundPort>,
    /// All of its environment: what its spec says, and over it what flowctl sets.
    pub environment: BTreeMap<String, String>,
    /// What a component object in this process is given.
    pub context: ComponentContext,
}

impl Instance {
    /// The first instance of `component` in its first generation, with the environment of its spec
    /// and no port reserved yet.
    #[must_use]
    pub fn new(run: RunScope, component: ComponentSpec, context: ComponentContext) -> Self {
        Self {
            run,
            ports: Vec::new(),
            environment: component.env.clone(),
            component,
            index: 0,
            generation: 1,
            context,
        }
    }
}

/// A port on which an instance listens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoundPort {
    /// Its name, as [`WantedPort`](super::WantedPort) gives it.
    pub name: String,
    /// The number that the instance is to listen on, as it sees itself.
    pub number: u16,
    /// The number by which the spec calls it (`containerPort`, `health_port`), where it has one.
    pub declared: Option<u16>,
    /// Where other instances of the run reach it, `host:port` without a scheme.
    pub address: String,
}

impl BoundPort {
    /// The name of the port on which a component serves its protocol.
    pub const MAIN: &'static str = "main";
    /// The name of the port on which a component answers HTTP health checks.
    pub const HEALTH: &'static str = "health";

    /// A port with this name, number and address.
    pub fn new(name: impl Into<String>, number: u16, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            number,
            declared: None,
            address: address.into(),
        }
    }

    /// The same port, which the spec calls by this number.
    #[must_use]
    pub const fn declared(mut self, number: u16) -> Self {
        self.declared = Some(number);
        self
    }

    /// The port with this name.
    #[must_use]
    pub fn named<'p>(ports: &'p [Self], name: &str) -> Option<&'p Self> {
        ports.iter().find(|port| port.name == name)
    }
}
