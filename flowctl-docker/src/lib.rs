//! Runs the components of flowctl pipelines as containers of a Docker engine.
//!
//! * [`Engine`] is an engine that has answered, found as the docker CLI finds it;
//! * [`DockerExecutor`] implements flowctl's [`Executor`](flowctl_core::Executor) on it;
//! * [`Images`] builds, lists and pushes images; it needs neither a registry nor a Dockerfile.
//!
//! No docker command line is called, and no type of the client library is in a public signature.
//!
//! # What an engine needs
//!
//! Version 1.41 of the API (Docker 20.10) or newer. Where it is, is told by [`EngineHost::resolve`].
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `tls` | no | engines behind TLS |
//! | `ssh` | no | engines on other machines by `ssh://` |

mod container;
mod engine;
mod error;
mod executor;
mod image;
mod logs;

pub use self::{
    engine::{Engine, EngineAddress, EngineFacts, EngineHost, HostError, Surroundings},
    executor::{Container, ContainerState, DockerExecutor},
    image::{
        BuiltImage, ImageError, ImageRecipe, ImageReference, Images, LocalImage, ReferenceError,
    },
};

/// Bytes as lowercase hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
