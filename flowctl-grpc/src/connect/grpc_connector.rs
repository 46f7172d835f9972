use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use flowctl_core::{
    ComponentContext, Connector, Processor, Sink, Source,
    connector::{ConnectError, Served},
};

use super::{Adapter, DataAdapter, V1Adapter, adapter::not_carried};
use crate::{address::Address, data, dial::Dial, v1};

/// Carries records for components that are served over gRPC: an open table of protocols.
///
/// `flowctl.data.v1` and `flowctl.v1` are in it from the start; others are added by whoever knows them,
/// and an adapter for a known protocol replaces the one that was there. Cheap to clone.
///
/// # Examples
///
/// ```
/// use flowctl_core::Connector as _;
/// use flowctl_grpc::{Adapter, GrpcConnector};
///
/// #[derive(Debug)]
/// struct Mine;
///
/// impl Adapter for Mine {}
///
/// let connector = GrpcConnector::new().with("example.v1", Mine);
/// assert_eq!(connector.protocols(), ["example.v1", "flowctl.data.v1", "flowctl.v1"]);
/// ```
#[derive(Clone, Debug)]
pub struct GrpcConnector {
    dial: Dial,
    adapters: BTreeMap<String, Arc<dyn Adapter>>,
}

impl Default for GrpcConnector {
    fn default() -> Self {
        Self::new()
    }
}

impl GrpcConnector {
    /// A connector that dials with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dial: Dial::default(),
            adapters: BTreeMap::new(),
        }
        .with(data::PROTOCOL, DataAdapter)
        .with(v1::PROTOCOL, V1Adapter::default())
    }

    /// Dials with these settings.
    #[must_use]
    pub fn dial(mut self, dial: Dial) -> Self {
        self.dial = dial;
        self
    }

    /// Speaks this protocol too.
    #[must_use]
    pub fn with(mut self, protocol: impl Into<String>, adapter: impl Adapter) -> Self {
        self.adapters.insert(protocol.into(), Arc::new(adapter));
        self
    }

    fn adapter(&self, served: &Served, role: &'static str) -> Result<&dyn Adapter, ConnectError> {
        let adapter = self.adapters.get(&served.protocol);
        let adapter = adapter.ok_or_else(|| not_carried(served, role))?;
        match Address::parse(&served.address, "127.0.0.1") {
            Ok(_) => Ok(&**adapter),
            Err(_) => Err(ConnectError::Address {
                address: served.address.clone(),
            }),
        }
    }
}

#[async_trait]
impl Connector for GrpcConnector {
    fn protocols(&self) -> Vec<String> {
        self.adapters.keys().cloned().collect()
    }

    async fn source(
        &self,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let adapter = self.adapter(served, "source")?;
        adapter.source(&self.dial, served, context).await
    }

    async fn processor(
        &self,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError> {
        let adapter = self.adapter(served, "processor")?;
        adapter.processor(&self.dial, served, context).await
    }

    async fn sink(
        &self,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Sink>, ConnectError> {
        let adapter = self.adapter(served, "sink")?;
        adapter.sink(&self.dial, served, context).await
    }

    async fn drain(&self, served: &Served) -> Result<bool, ConnectError> {
        let adapter = self.adapter(served, "component")?;
        adapter.drain(&self.dial, served).await
    }
}
