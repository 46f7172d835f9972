use std::{collections::BTreeMap, time::Duration};

use super::{Catalog, ComponentSpec, Config, Diagnostic, Driver, Role, SpecErrors, validate};
use crate::{Namespace, PipelineName, graph};

/// What a pipeline should be.
///
/// Made by a builder or from YAML; both give the same value. It says nothing about what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PipelineSpec {
    /// Its name, unique in its namespace.
    pub name: PipelineName,
    /// Its namespace; default `default`.
    pub namespace: Namespace,
    /// Labels for people and tools.
    pub labels: BTreeMap<String, String>,
    /// Remarks for people and tools.
    pub annotations: BTreeMap<String, String>,
    /// One line on what it does.
    pub description: Option<String>,
    /// Which executor runs the components that could run on more than one; default: each by its workload.
    pub driver: Option<Driver>,
    /// Configuration of the pipeline as a whole; nothing of flowctl reads it.
    pub config: Config,
    /// How long a stop of the whole pipeline may take before it becomes forceful; default 30 s.
    pub stop_within: Duration,
    /// Its components: sources, then processors, sinks and services, in the order of the spec.
    pub components: Vec<ComponentSpec>,
}

/// How long a stop may take unless the spec says otherwise.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(30);

impl PipelineSpec {
    /// A pipeline with this name and nothing in it.
    #[must_use]
    pub fn new(name: PipelineName) -> Self {
        Self {
            name,
            namespace: Namespace::default(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            description: None,
            driver: None,
            config: Config::default(),
            stop_within: STOP_WITHIN,
            components: Vec::new(),
        }
    }

    /// The component with this id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&ComponentSpec> {
        self.components.iter().find(|component| component.id == *id)
    }

    /// The components of this role, in the order of the spec.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &ComponentSpec> {
        self.components
            .iter()
            .filter(move |component| component.role == role)
    }

    /// Checks everything that can be known before anything runs, and gives the warnings.
    ///
    /// What native components are, emit and take, and whether they accept their configuration, is
    /// asked of `catalog`; [`NoCatalog`](super::NoCatalog) takes the spec at its word.
    ///
    /// # Errors
    ///
    /// All problems at once, when one of them is an error.
    pub fn validate(&self, catalog: &dyn Catalog) -> Result<Vec<Diagnostic>, SpecErrors> {
        SpecErrors::unless_harmless(self.problems(catalog))
    }

    /// All problems: first those of the components, then those of the edges.
    pub(super) fn problems(&self, catalog: &dyn Catalog) -> Vec<Diagnostic> {
        let mut problems = validate::problems(self, catalog);
        problems.extend(graph::problems(self, catalog));
        problems
    }
}
