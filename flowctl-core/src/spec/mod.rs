//! What a pipeline should be: pure data, the same whether it was built in Rust or read from YAML.
//!
//! [`PipelineSpec`] holds [`ComponentSpec`]s, each of a [`Role`], each run as one [`Workload`]. Reading
//! order: `pipeline`, `component`, `input`, then the rest as needed. Nothing here does I/O.

mod component;
mod config;
mod dependency;
mod driver;
mod failure;
mod input;
mod is_default;
mod pipeline;
mod port;
mod probe;
mod queue;
mod resources;
mod restart;
mod role;
mod secret;
mod security;
mod stop;
mod text_or_map;
mod volume;
mod workload;

pub use self::{
    component::ComponentSpec,
    config::{Config, ConfigError},
    dependency::{Condition, Dependency},
    driver::Driver,
    failure::{Backoff, FailurePolicy, Final, Retry},
    input::{Excess, Input, OnFull, OnRestart, Via},
    pipeline::PipelineSpec,
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
