//! The seam between "an instance listens there" and the component traits.

use std::fmt;

use async_trait::async_trait;

use crate::{
    BoxError,
    component::{ComponentContext, Processor, Sink, Source},
};

/// Turns an address at which a component is served into a [`Source`], [`Processor`] or [`Sink`].
///
/// This is what keeps the library free of any transport: whoever brings one (gRPC, for example)
/// brings a connector, and carries records for components that run elsewhere.
///
/// # Contract
///
/// * **C1** A connector answers for the protocols it names and for no other.
/// * **C2** What it returns keeps the clauses of its trait, or the protocol cannot be carried and
///   [`ConnectError::NotCarried`] says so.
/// * **C3** It need not connect before `identify` or `open` of what it returns.
#[async_trait]
pub trait Connector: fmt::Debug + Send + Sync + 'static {
    /// The protocols that it speaks, for example `flowctl.data.v1`.
    fn protocols(&self) -> Vec<String>;

    /// The source served at `address` in `protocol`.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn source(
        &self,
        protocol: &str,
        address: &str,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError>;

    /// The processor served at `address` in `protocol`.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn processor(
        &self,
        protocol: &str,
        address: &str,
        context: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError>;

    /// The sink served at `address` in `protocol`.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn sink(
        &self,
        protocol: &str,
        address: &str,
        context: ComponentContext,
    ) -> Result<Box<dyn Sink>, ConnectError>;
}

/// A served component could not be turned into an object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The protocol has no form in which records of this role could be carried.
    #[error("protocol `{protocol}` cannot carry a {role}")]
    NotCarried {
        /// The protocol.
        protocol: String,
        /// The role that was asked for.
        role: &'static str,
    },
    /// The address is not one.
    #[error("`{address}` is not an address")]
    Address {
        /// The text that was given.
        address: String,
    },
    /// The other end cannot be reached or refuses.
    #[error("cannot connect to `{address}`")]
    Unreachable {
        /// Where it was tried.
        address: String,
        /// What went wrong.
        source: BoxError,
    },
}
