//! The seam between "an instance listens there" and the component traits.

mod error;
mod served;
mod wire;

use std::fmt;

use async_trait::async_trait;

pub use self::{error::ConnectError, served::Served, wire::Wire};
use crate::{
    component::{ComponentContext, Processor, Sink, Source},
    spec::Check,
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

    /// The source that `served` is.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn source(
        &self,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError>;

    /// The processor that `served` is.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn processor(
        &self,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError>;

    /// The sink that `served` is.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn sink(
        &self,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Sink>, ConnectError>;

    /// How a server of `protocol` on this port is asked whether it is ready, where the spec does not say.
    /// The default is that it takes a TCP connection.
    fn ready_check(&self, protocol: &str, port: u16) -> Check {
        let _ = protocol;
        Check::Tcp { port }
    }

    /// Tells the component that it is to drain: a server ends its streams after the last complete
    /// unit, a puller does not reconnect. Answers whether the component understood.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn drain(&self, served: &Served) -> Result<bool, ConnectError> {
        let _ = served;
        Ok(false)
    }
}
