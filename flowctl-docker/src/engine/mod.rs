//! Which engine is talked to, and how.

mod connection;
mod context_store;
mod docker_config;
#[expect(
    clippy::module_inception,
    reason = "a file is named after its main type"
)]
mod engine;
mod engine_host;
mod surroundings;

pub(crate) use self::docker_config::{DockerConfig, StoredAuth};
pub use self::{
    engine::{Engine, EngineFacts},
    engine_host::{EngineAddress, EngineHost, HostError},
    surroundings::Surroundings,
};
