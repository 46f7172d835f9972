use std::{fmt, str::FromStr, time::Duration};

use serde::Serialize;

use super::{
    ComponentSpec, Condition, Config, Dependency, Diagnostic, FailurePolicy, Input, Port, Probe,
    Queue, Restart, Role, Volume, codes, path::FieldPath,
};
use crate::{ComponentId, EventType};

/// A component on its way into a [`PipelineBuilder`](super::PipelineBuilder).
///
/// Names are texts here; what is wrong with them is said by
/// [`build`](super::PipelineBuilder::build), with everything else.
///
/// # Examples
///
/// ```
/// use flowctl_core::spec::Component;
///
/// let sink = Component::native("console").input("numbers").config(serde_json::json!({"color": false}));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a component does nothing until it is added to a pipeline"]
pub struct Component {
    spec: ComponentSpec,
    wrong: Vec<Wrong>,
}

/// A value that is not what it should be, by the path inside the component.
#[derive(Clone, Debug)]
struct Wrong {
    key: String,
    found: String,
    why: String,
}

impl Component {
    fn empty() -> Self {
        // The id and the role come when it is added to a pipeline.
        Self {
            spec: ComponentSpec::new(ComponentId::unnamed(), Role::Source),
            wrong: Vec::new(),
        }
    }

    /// A Rust component of the registry (`use`).
    pub fn native(name: impl Into<String>) -> Self {
        Self::empty().with(|spec| spec.uses = Some(name.into()))
    }

    /// An OS process: the program and its arguments.
    pub fn process<T: Into<String>>(command: impl IntoIterator<Item = T>) -> Self {
        Self::empty().command(command)
    }

    /// A container of this image.
    pub fn image(name: impl Into<String>) -> Self {
        Self::empty().with(|spec| spec.image = Some(name.into()))
    }

    /// Changes anything that has no method of its own.
    pub fn with(mut self, change: impl FnOnce(&mut ComponentSpec)) -> Self {
        change(&mut self.spec);
        self
    }

    /// What only the component itself understands; anything that serialises.
    pub fn config(mut self, config: impl Serialize) -> Self {
        match Config::new(config) {
            Ok(config) => self.spec.config = config,
            Err(error) => self.blame("config", "this value", error.message()),
        }
        self
    }

    /// The program and its first arguments; with an image, in place of the image's own.
    pub fn command<T: Into<String>>(self, command: impl IntoIterator<Item = T>) -> Self {
        self.with(|spec| spec.command = command.into_iter().map(Into::into).collect())
    }

    /// Further arguments.
    pub fn args<T: Into<String>>(self, args: impl IntoIterator<Item = T>) -> Self {
        self.with(|spec| spec.args = args.into_iter().map(Into::into).collect())
    }

    /// Reads from the component with this id.
    pub fn input(self, from: impl AsRef<str>) -> Self {
        self.input_with(from, |input| input)
    }

    /// Reads from the component with this id, in a certain way.
    pub fn input_with(
        mut self,
        from: impl AsRef<str>,
        change: impl FnOnce(Input) -> Input,
    ) -> Self {
        let key = format!("inputs.{}", self.spec.inputs.len());
        if let Some(id) = self.parse(&key, from.as_ref()) {
            self.spec.inputs.push(change(Input::new(id)));
        }
        self
    }

    /// The event types that it takes.
    pub fn accepts<T: AsRef<str>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.spec.input_event_types = self.types("input_event_types", types);
        self
    }

    /// The event types that it emits.
    pub fn emits<T: AsRef<str>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.spec.output_event_types = self.types("output_event_types", types);
        self
    }

    /// One variable of its environment.
    pub fn env(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|spec| {
            spec.env.insert(name.into(), value.into());
        })
    }

    /// A port on which it listens.
    pub fn port(self, port: Port) -> Self {
        self.with(|spec| spec.ports.push(port))
    }

    /// The port of its HTTP health endpoint.
    pub fn health_port(self, port: u16) -> Self {
        self.with(|spec| spec.health_port = Some(port))
    }

    /// It is ready when this passes.
    pub fn ready(self, probe: Probe) -> Self {
        self.with(|spec| spec.probes.ready = Some(probe))
    }

    /// A folder of it that lives outside it.
    pub fn volume(self, volume: Volume) -> Self {
        self.with(|spec| spec.volumes.push(volume))
    }

    /// Starts only when the component with this id has come so far.
    pub fn depends_on(mut self, id: impl AsRef<str>, condition: Condition) -> Self {
        let key = format!("depends_on.{}", self.spec.depends_on.len());
        if let Some(id) = self.parse(&key, id.as_ref()) {
            self.spec
                .depends_on
                .push(Dependency::new(id).condition(condition));
        }
        self
    }

    /// When and how it is started again.
    pub fn restart(self, restart: Restart) -> Self {
        self.with(|spec| spec.restart = restart)
    }

    /// What happens when it fails on a batch.
    pub fn on_error(self, policy: FailurePolicy) -> Self {
        self.with(|spec| spec.on_error = policy)
    }

    /// How much may wait before it.
    pub fn queue(self, queue: Queue) -> Self {
        self.with(|spec| spec.queue = queue)
    }

    /// How many batches one instance works on at once; more than 1 needs a stateless processor.
    pub fn concurrency(self, count: u32) -> Self {
        self.with(|spec| spec.concurrency = count)
    }

    /// How many instances share its work; more than 1 needs a stateless processor.
    pub fn replicas(self, count: u32) -> Self {
        self.with(|spec| spec.replicas = count)
    }

    /// Whether several instances may work on one stream.
    pub fn stateless(self, stateless: bool) -> Self {
        self.with(|spec| spec.stateless = Some(stateless))
    }

    /// The time between asking it to end and forcing it.
    pub fn grace(self, grace: Duration) -> Self {
        self.with(|spec| spec.stop.grace = grace)
    }

    /// The component with its id and role, and what is wrong with its names; `path` is its place.
    pub(super) fn finish(
        mut self,
        id: &str,
        role: Role,
        path: &FieldPath,
        problems: &mut Vec<Diagnostic>,
    ) -> ComponentSpec {
        self.spec.role = role;
        if let Some(id) = self.parse("id", id) {
            self.spec.id = id;
        }
        problems.extend(self.wrong.into_iter().map(|Wrong { key, found, why }| {
            let path = key
                .split('.')
                .fold(path.clone(), |path, key| match key.parse() {
                    Ok(index) => path.index(index),
                    Err(_) => path.key(key),
                });
            let name = key.split('.').next().unwrap_or_default();
            let message = format!("`{name}` cannot be `{}`", found.escape_debug());
            Diagnostic::new(codes::BAD_VALUE, path, message)
                .found(found)
                .label(why)
        }));
        self.spec
    }

    fn types<T: AsRef<str>>(
        &mut self,
        key: &str,
        types: impl IntoIterator<Item = T>,
    ) -> Vec<EventType> {
        let types = types.into_iter().enumerate();
        types
            .filter_map(|(n, text)| self.parse(&format!("{key}.{n}"), text.as_ref()))
            .collect()
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&mut self, key: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.blame(key, text, error);
                None
            }
        }
    }

    fn blame(&mut self, key: &str, found: &str, why: impl fmt::Display) {
        let (key, found, why) = (key.to_owned(), found.to_owned(), why.to_string());
        self.wrong.push(Wrong { key, found, why });
    }
}
