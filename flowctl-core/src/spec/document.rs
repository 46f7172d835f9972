//! The outer form of a spec in YAML and JSON: `apiVersion`, `kind`, `metadata`, `spec`.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize, Serializer};

use super::{
    ComponentSpec, Config, Driver, PipelineSpec, Role, is_default::is_default,
    pipeline::STOP_WITHIN,
};
use crate::{Namespace, PipelineName, units::duration};

/// A flowctl pipeline.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(rename = "Pipeline"))]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    api_version: ApiVersion,
    /// What the document describes.
    kind: Kind,
    /// What the pipeline is called.
    metadata: Metadata,
    /// What the pipeline is made of.
    spec: Body,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(inline))]
enum ApiVersion {
    #[serde(rename = "flowctl/v1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(inline))]
enum Kind {
    Pipeline,
}

/// What a pipeline is called.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Metadata {
    /// Its name, unique in its namespace.
    name: PipelineName,
    /// Its namespace; default `default`.
    #[serde(default, skip_serializing_if = "is_default")]
    namespace: Namespace,
    /// Labels for people and tools.
    #[serde(default, skip_serializing_if = "is_default")]
    labels: BTreeMap<String, String>,
    /// Remarks for people and tools.
    #[serde(default, skip_serializing_if = "is_default")]
    annotations: BTreeMap<String, String>,
}

/// What a pipeline is made of.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "yaml", schemars(rename = "PipelineBody"))]
#[serde(deny_unknown_fields)]
struct Body {
    /// One line on what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Which executor runs the components that could run on more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    driver: Option<Driver>,
    /// Configuration of the pipeline as a whole.
    #[serde(default, skip_serializing_if = "Config::is_empty")]
    config: Config,
    /// How long a stop of the whole pipeline may take before it becomes forceful; default 30 s.
    #[serde(
        with = "duration::text",
        default = "stop_within",
        skip_serializing_if = "is_stop_within"
    )]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    stop_within: Duration,
    /// What brings events in.
    #[serde(default, skip_serializing_if = "is_default")]
    sources: Vec<ComponentSpec>,
    /// What takes events and emits others.
    #[serde(default, skip_serializing_if = "is_default")]
    processors: Vec<ComponentSpec>,
    /// What makes events durable.
    #[serde(default, skip_serializing_if = "is_default")]
    sinks: Vec<ComponentSpec>,
    /// What runs beside the pipeline and carries no events.
    #[serde(default, skip_serializing_if = "is_default")]
    services: Vec<ComponentSpec>,
}

const fn stop_within() -> Duration {
    STOP_WITHIN
}

fn is_stop_within(time: &Duration) -> bool {
    *time == STOP_WITHIN
}

impl From<&PipelineSpec> for Document {
    fn from(spec: &PipelineSpec) -> Self {
        let of = |role| spec.of_role(role).cloned().collect();
        Self {
            api_version: ApiVersion::V1,
            kind: Kind::Pipeline,
            metadata: Metadata {
                name: spec.name.clone(),
                namespace: spec.namespace.clone(),
                labels: spec.labels.clone(),
                annotations: spec.annotations.clone(),
            },
            spec: Body {
                description: spec.description.clone(),
                driver: spec.driver,
                config: spec.config.clone(),
                stop_within: spec.stop_within,
                sources: of(Role::Source),
                processors: of(Role::Processor),
                sinks: of(Role::Sink),
                services: of(Role::Service),
            },
        }
    }
}

impl From<Document> for PipelineSpec {
    fn from(document: Document) -> Self {
        let Document {
            metadata,
            spec: body,
            ..
        } = document;
        let lists = [body.sources, body.processors, body.sinks, body.services];
        let components = lists.into_iter().zip(Role::ALL).flat_map(|(list, role)| {
            list.into_iter()
                .map(move |component| ComponentSpec { role, ..component })
        });
        Self {
            name: metadata.name,
            namespace: metadata.namespace,
            labels: metadata.labels,
            annotations: metadata.annotations,
            description: body.description,
            driver: body.driver,
            config: body.config,
            stop_within: body.stop_within,
            components: components.collect(),
        }
    }
}

/// The same form as in YAML.
impl Serialize for PipelineSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::from(self).serialize(serializer)
    }
}

/// The same form as in YAML; types are checked, and nothing else
/// ([`validate`](PipelineSpec::validate) does that).
impl<'de> Deserialize<'de> for PipelineSpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Document::deserialize(deserializer).map(Into::into)
    }
}
