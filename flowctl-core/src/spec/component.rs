use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Config, Dependency, FailurePolicy, ImagePolicy, Input, Port, Probes, Queue, Resources, Restart,
    Role, Secret, Security, Stop, Volume, Workload,
    is_default::{always, is_default, is_true},
};
use crate::{ComponentId, EventType};

/// What one component should be.
///
/// It runs as one [`Workload`]: a native component (`use`), a process (`command`) or a container
/// (`image`). Made by [`ComponentSpec::new`], by a builder, or from YAML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ComponentSpec {
    /// Its id, unique in the pipeline; its host name where it runs in a container.
    pub id: ComponentId,
    /// What it does; in YAML the list that it stands in says so.
    #[serde(skip, default = "source")]
    pub role: Role,
    /// The Rust component of the registry that it is.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<String>,
    /// What only the component understands.
    #[serde(default, skip_serializing_if = "Config::is_empty")]
    pub config: Config,
    /// The container image that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// When the image is pulled; default: when it is not there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub image_policy: ImagePolicy,
    /// The program and its first arguments; with an image, in place of the image's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub command: Vec<String>,
    /// Further arguments.
    #[serde(default, skip_serializing_if = "is_default")]
    pub args: Vec<String>,
    /// The folder in which the program starts; default: where flowctl was started, or the image's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// The protocol that it serves, for edges that flowctl carries; default: what the registry or
    /// its registration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The components whose events it reads.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inputs: Vec<Input>,
    /// The event types that it takes; empty: what the registry says, else all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub input_event_types: Vec<EventType>,
    /// The event types that it emits; empty: what the registry says, else any.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output_event_types: Vec<EventType>,
    /// Its environment. What flowctl itself sets wins.
    #[serde(default, skip_serializing_if = "is_default")]
    pub env: BTreeMap<String, String>,
    /// The ports on which it listens.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ports: Vec<Port>,
    /// The port of its HTTP health endpoint, 1 to 65535.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub health_port: Option<u16>,
    /// The path of its HTTP health endpoint on `health_port`; default `/health`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<String>,
    /// How it is found out that it is ready and that it lives.
    #[serde(default, skip_serializing_if = "is_default")]
    pub probes: Probes,
    /// What it is promised and what it may not exceed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resources: Resources,
    /// Its folders that live outside it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub volumes: Vec<Volume>,
    /// What it may see and nobody else.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secrets: Vec<Secret>,
    /// What a container may do beyond the safe default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub security: Security,
    /// Further host names under which others find it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub aliases: Vec<ComponentId>,
    /// The components that must have come so far before it starts, besides its inputs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub depends_on: Vec<Dependency>,
    /// When and how it is started again; default: on failure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restart: Restart,
    /// Whether the run fails when it has failed for good; default yes.
    #[serde(default = "always", skip_serializing_if = "is_true")]
    pub essential: bool,
    /// How many instances share its work; default 1. More than 1 needs a stateless processor.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub replicas: u32,
    /// How many batches one instance works on at once; default 1. More than 1 needs a stateless
    /// processor.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub concurrency: u32,
    /// Whether several instances may work on one stream; default: what the registry says, else no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stateless: Option<bool>,
    /// Whether the same batch gives the same output again; default: what the registry says, else yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deterministic: Option<bool>,
    /// What happens when it fails on a batch.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_error: FailurePolicy,
    /// How much may wait before it, each edge.
    #[serde(default, skip_serializing_if = "is_default")]
    pub queue: Queue,
    /// How it is asked to end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stop: Stop,
}

const fn source() -> Role {
    Role::Source
}

const fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_one(value: &u32) -> bool {
    *value == 1
}

impl ComponentSpec {
    /// A component with this id and role and nothing else; it needs a workload yet.
    #[must_use]
    pub fn new(id: ComponentId, role: Role) -> Self {
        Self {
            id,
            role,
            uses: None,
            config: Config::default(),
            image: None,
            image_policy: ImagePolicy::default(),
            command: Vec::new(),
            args: Vec::new(),
            working_dir: None,
            protocol: None,
            inputs: Vec::new(),
            input_event_types: Vec::new(),
            output_event_types: Vec::new(),
            env: BTreeMap::new(),
            ports: Vec::new(),
            health_port: None,
            health_check: None,
            probes: Probes::default(),
            resources: Resources::default(),
            volumes: Vec::new(),
            secrets: Vec::new(),
            security: Security::default(),
            aliases: Vec::new(),
            depends_on: Vec::new(),
            restart: Restart::default(),
            essential: true,
            replicas: 1,
            concurrency: 1,
            stateless: None,
            deterministic: None,
            on_error: FailurePolicy::default(),
            queue: Queue::default(),
            stop: Stop::default(),
        }
    }

    /// How it runs; `None` when the spec does not say (validation refuses that).
    #[must_use]
    pub fn workload(&self) -> Option<Workload<'_>> {
        match (&self.uses, &self.image) {
            (Some(name), _) => Some(Workload::Native(name)),
            (None, Some(image)) => Some(Workload::Image(image)),
            (None, None) if self.command.is_empty() => None,
            (None, None) => Some(Workload::Process(&self.command)),
        }
    }

    /// Whether it runs outside this process.
    pub(crate) fn is_served(&self) -> bool {
        matches!(
            self.workload(),
            Some(Workload::Process(_) | Workload::Image(_))
        )
    }
}
