use std::fmt;

use async_trait::async_trait;
use flowctl_core::{
    ComponentContext, Processor, Sink, Source,
    connector::{ConnectError, Served},
};

use crate::{data, dial::Dial};

/// How components that speak one protocol become objects.
///
/// Implement what the protocol can carry; the defaults refuse. What is returned keeps the clauses of its
/// trait, and need not connect before it is identified or opened. `dial` is how the connector was told to
/// dial; see [`Dial::gentle`] for servers that this project did not write.
#[async_trait]
pub trait Adapter: fmt::Debug + Send + Sync + 'static {
    /// The source that `served` is.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn source(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let _ = (dial, context);
        Err(not_carried(served, "source"))
    }

    /// The processor that `served` is.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn processor(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError> {
        let _ = (dial, context);
        Err(not_carried(served, "processor"))
    }

    /// The sink that `served` is.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], by what is wrong.
    async fn sink(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Sink>, ConnectError> {
        let _ = (dial, context);
        Err(not_carried(served, "sink"))
    }

    /// Tells the component that it is to drain; answers whether it understood.
    ///
    /// The default asks in `flowctl.data.v1`, which a component can serve beside its own protocol; one
    /// that does not has not understood.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Unreachable`].
    async fn drain(&self, dial: &Dial, served: &Served) -> Result<bool, ConnectError> {
        let drained = data::drain(dial, &served.address).await;
        drained.map_err(|source| ConnectError::Unreachable {
            address: served.address.clone(),
            source: source.into(),
        })
    }
}

pub(super) fn not_carried(served: &Served, role: &'static str) -> ConnectError {
    ConnectError::NotCarried {
        protocol: served.protocol.clone(),
        role,
    }
}
