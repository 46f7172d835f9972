use std::{collections::HashMap, time::Duration};

use serde::Serialize;

use super::{
    Component, ComponentSpec, Config, Diagnostic, Driver, NoCatalog, PipelineSpec, Role,
    SpecErrors, codes, path::FieldPath,
};
use crate::PipelineName;

/// Makes a [`PipelineSpec`] in Rust, equal to the one that the same words make in YAML.
///
/// # Examples
///
/// ```
/// use flowctl_core::{PipelineSpec, spec::Component};
///
/// let spec = PipelineSpec::builder("hello")
///     .source("numbers", Component::native("counter").config(serde_json::json!({"count": 3})))
///     .sink("out", Component::native("console").input("numbers"))
///     .build()?;
/// assert_eq!(spec.components.len(), 2);
/// # Ok::<(), flowctl_core::SpecErrors>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is made until `build`"]
pub struct PipelineBuilder {
    spec: PipelineSpec,
    counts: HashMap<Role, usize>,
    problems: Vec<Diagnostic>,
}

impl PipelineSpec {
    /// A builder of a pipeline with this name.
    pub fn builder(name: impl AsRef<str>) -> PipelineBuilder {
        let mut builder = PipelineBuilder {
            spec: Self::new(PipelineName::unnamed()),
            counts: HashMap::new(),
            problems: Vec::new(),
        };
        match name.as_ref().parse() {
            Ok(name) => builder.spec.name = name,
            Err(error) => builder.blame("metadata.name", name.as_ref(), &error),
        }
        builder
    }
}

impl PipelineBuilder {
    /// The namespace; default `default`.
    pub fn namespace(mut self, namespace: impl AsRef<str>) -> Self {
        match namespace.as_ref().parse() {
            Ok(namespace) => self.spec.namespace = namespace,
            Err(error) => self.blame("metadata.namespace", namespace.as_ref(), &error),
        }
        self
    }

    /// One line on what the pipeline does.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.spec.description = Some(description.into());
        self
    }

    /// A label for people and tools.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.spec.labels.insert(name.into(), value.into());
        self
    }

    /// A remark for people and tools.
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.spec.annotations.insert(name.into(), value.into());
        self
    }

    /// Which executor runs the components that could run on more than one.
    pub const fn driver(mut self, driver: Driver) -> Self {
        self.spec.driver = Some(driver);
        self
    }

    /// Configuration of the pipeline as a whole; anything that serialises.
    pub fn config(mut self, config: impl Serialize) -> Self {
        match Config::new(config) {
            Ok(config) => self.spec.config = config,
            Err(error) => self.blame("spec.config", "this value", &error),
        }
        self
    }

    /// How long a stop of the whole pipeline may take before it becomes forceful; default 30 s.
    pub const fn stop_within(mut self, time: Duration) -> Self {
        self.spec.stop_within = time;
        self
    }

    /// Adds a source.
    pub fn source(self, id: impl AsRef<str>, component: Component) -> Self {
        self.add(id.as_ref(), Role::Source, component)
    }

    /// Adds a processor.
    pub fn processor(self, id: impl AsRef<str>, component: Component) -> Self {
        self.add(id.as_ref(), Role::Processor, component)
    }

    /// Adds a sink.
    pub fn sink(self, id: impl AsRef<str>, component: Component) -> Self {
        self.add(id.as_ref(), Role::Sink, component)
    }

    /// Adds a service, which runs beside the pipeline and carries no events.
    pub fn service(self, id: impl AsRef<str>, component: Component) -> Self {
        self.add(id.as_ref(), Role::Service, component)
    }

    /// The pipeline, checked as far as it can be without a registry.
    ///
    /// # Errors
    ///
    /// All that is wrong at once; warnings alone are no error.
    pub fn build(self) -> Result<PipelineSpec, SpecErrors> {
        let Self {
            mut spec,
            mut problems,
            ..
        } = self;
        // The order in which YAML lists them; within a role the order of adding stays.
        spec.components.sort_by_key(|component| component.role);
        if problems.is_empty() {
            problems = spec.problems(&NoCatalog);
        }
        SpecErrors::unless_harmless(problems).map(|_warnings| spec)
    }

    fn add(mut self, id: &str, role: Role, component: Component) -> Self {
        let count = self.counts.entry(role).or_default();
        let path = FieldPath::component(role.list(), *count);
        *count += 1;
        let spec: ComponentSpec = component.finish(id, role, &path, &mut self.problems);
        self.spec.components.push(spec);
        self
    }

    fn blame(&mut self, keys: &str, found: &str, why: &dyn std::fmt::Display) {
        let name = keys.rsplit('.').next().unwrap_or_default();
        let message = format!("`{name}` cannot be `{}`", found.escape_debug());
        let problem = Diagnostic::new(codes::BAD_VALUE, FieldPath::root().keys(keys), message);
        self.problems
            .push(problem.found(found).label(why.to_string()));
    }
}
