//! What `use: NAME` can name: a [`Registry`] is a value that an embedder fills and hands to a
//! runner. Two registries in one process do not know of each other.

mod catalog;
mod error;
mod kind;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its main type"
)]
mod registry;

pub(crate) use self::registry::Factory;
pub use self::{
    error::RegistryError,
    kind::{ComponentKind, ConfigKey},
    registry::Registry,
};
