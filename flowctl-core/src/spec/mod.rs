//! What a pipeline should be: pure data, the same whether it was built in Rust or read from YAML.
//!
//! [`PipelineSpec`] holds [`ComponentSpec`]s, each of a [`Role`], each run as one [`Workload`]. Reading
//! order: `pipeline`, `component`, `input`, then the rest as needed. Nothing here does I/O.

mod catalog;
mod code;
mod component;
mod component_builder;
mod config;
mod dependency;
mod diagnostic;
mod document;
mod driver;
mod error;
mod failure;
mod input;
mod is_default;
mod path;
mod pipeline;
mod pipeline_builder;
mod port;
mod probe;
mod queue;
mod render;
mod resources;
mod restart;
mod role;
mod secret;
mod security;
mod stop;
mod text_or_map;
pub(crate) mod validate;
mod volume;
mod workload;
#[cfg(feature = "yaml")]
mod yaml;

#[cfg(feature = "yaml")]
pub(crate) use self::diagnostic::nearest;
#[cfg(feature = "yaml")]
pub use self::yaml::{Reader, Reading};
pub use self::{
    catalog::{Catalog, CatalogEntry, NoCatalog},
    code::{Code, CodePage},
    component::ComponentSpec,
    component_builder::Component,
    config::{Config, ConfigError},
    dependency::{Condition, Dependency},
    diagnostic::{Diagnostic, Location, Related, Severity},
    driver::Driver,
    error::SpecErrors,
    failure::{Backoff, FailurePolicy, Final, Retry},
    input::{Excess, Input, OnFull, OnRestart, Via},
    pipeline::PipelineSpec,
    pipeline_builder::PipelineBuilder,
    port::{Port, Protocol},
    probe::{Check, Probe, Probes},
    queue::Queue,
    resources::{Amounts, Resources},
    restart::{Budget, Restart, RestartPolicy},
    role::Role,
    secret::{Secret, SecretKind},
    security::{Permission, Security},
    stop::Stop,
    volume::Volume,
    workload::{ImagePolicy, Workload},
};
pub(crate) use self::{code::names as codes, is_default::is_default};
